"""Prompts and prompt versions: immutable text, demonstrations and label calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from tinyarms.core.ids import content_hash

Source = Literal["initial", "manual", "evolution", "rollback"]


@dataclass(frozen=True)
class Demonstration:
    """A worked example inside a prompt, sent as a user turn and an assistant turn."""

    inputs: Mapping[str, str]
    """Its inputs, by name."""
    output: str
    """The right output."""


@dataclass(frozen=True)
class Prompt:
    """Everything that is sent to the model except the inputs.

    `calibration` maps each label to a bias, in nats, that is added to its log-probability before
    the likeliest label is taken. It is empty without a `labels` contract.
    """

    text: str
    """The template: the instruction and the frame for the inputs."""
    demonstrations: tuple[Demonstration, ...] = ()
    """Worked examples that come before the inputs."""
    calibration: Mapping[str, float] = field(default_factory=dict)
    """Label → bias added to its log-probability, in nats; empty without calibration."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data: `text`, and the other fields unless empty. Biases keep 4 decimals."""
        data: dict[str, Any] = {"text": self.text}
        if self.demonstrations:
            data["demonstrations"] = [
                {"inputs": dict(d.inputs), "output": d.output} for d in self.demonstrations
            ]
        if self.calibration:
            data["calibration"] = {k: round(v, 4) for k, v in sorted(self.calibration.items())}
        return data

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Prompt:
        """The inverse of `to_dict`."""
        return Prompt(
            text=data["text"],
            demonstrations=tuple(
                Demonstration(dict(d["inputs"]), d["output"])
                for d in data.get("demonstrations", ())
            ),
            calibration=dict(data.get("calibration", {})),
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that changes the model's output: 64 hexadecimal characters."""
        return content_hash(self.to_dict())


@dataclass(frozen=True)
class PromptVersion:
    """An immutable prompt with a number. The versions of a skill are numbered 1, 2, 3 …"""

    skill: str
    number: int
    """Number of the version: 1, 2, 3 …"""
    prompt: Prompt
    """What is sent to the model."""
    parent: int | None
    """Number of the version it was made from; `None` for the first."""
    source: Source
    """Where it came from: `initial` (the first), `manual` (a person's edit), `evolution`, or
    `rollback` (an earlier text that returned)."""
    created_at: datetime
    """When it was made."""
    path: str
    """Path of its file, relative to the project's folder."""
