"""Prompts and prompt versions: immutable text, demonstrations, label calibration, verbalizer,
memory, and the inputs whose words an answer is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from tinyarms.core.ids import content_hash
from tinyarms.skills.verbalizer import Verbalizer

Source = Literal["initial", "manual", "evolution", "rollback", "refresh"]


@dataclass(frozen=True)
class Demonstration:
    """A worked example inside a prompt, sent as a user turn and an assistant turn."""

    inputs: Mapping[str, str]
    """Its inputs, by name."""
    output: str
    """The right output."""


@dataclass(frozen=True)
class Retrieval:
    """What a prompt takes from its memory for each task.

    The memory is a snapshot of examples. `tinyarms.memory` finds the nearest ones and the labels
    that they suggest.
    """

    demonstrations: int = 0
    """How many of the nearest examples are shown, after the prompt's own demonstrations."""
    nearest_last: bool = True
    """Whether the most similar one is shown last, next to the inputs, where it weighs most."""
    prior_weight: float = 0.0
    """Factor of the labels' log-probabilities that the examples suggest, before they are added to
    those of the model. 0: the examples suggest nothing."""
    snapshot: str = ""
    """Hash of the remembered examples; empty in a search, which remembers its own."""


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
    retrieve: Retrieval | None = None
    """What it takes from its memory for each task; `None`: it has no memory."""
    verbalizer: Verbalizer | None = None
    """What each word that the model lists tells about the labels; `None`: only the labels' own
    log-probabilities count."""
    words_from: tuple[str, ...] = ()
    """The inputs whose words the answer is made of, where the contract is a pattern and the server
    enforces it; empty: any words."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data: `text`, and the other fields unless empty. Numbers keep 4 decimals."""
        data: dict[str, Any] = {"text": self.text}
        if self.demonstrations:
            data["demonstrations"] = [
                {"inputs": dict(d.inputs), "output": d.output} for d in self.demonstrations
            ]
        if self.calibration:
            data["calibration"] = {k: round(v, 4) for k, v in sorted(self.calibration.items())}
        if self.retrieve:
            data["retrieve"] = retrieval_to_dict(self.retrieve)
        if self.verbalizer:
            data["verbalizer"] = self.verbalizer.to_dict()
        if self.words_from:
            data["words_from"] = list(self.words_from)
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
            retrieve=Retrieval(**data["retrieve"]) if data.get("retrieve") else None,
            verbalizer=(
                Verbalizer.from_dict(data["verbalizer"]) if data.get("verbalizer") else None
            ),
            words_from=tuple(data.get("words_from", ())),
        )

    @property
    def without_memory(self) -> Prompt:
        """The same prompt without what it takes from a memory."""
        return self if self.retrieve is None else replace(self, retrieve=None)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that changes the model's output: 64 hexadecimal characters."""
        return content_hash(self.to_dict())


def retrieval_to_dict(retrieval: Retrieval) -> dict[str, Any]:
    """Plain data: the fields that differ from their defaults. The weight keeps 4 decimals."""
    given = asdict(replace(retrieval, prior_weight=round(retrieval.prior_weight, 4)))
    default = asdict(Retrieval())
    return {name: value for name, value in given.items() if value != default[name]}


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
    """Where it came from: `initial` (the first), `manual` (a person's edit), `evolution`,
    `rollback` (an earlier text that returned), or `refresh` (the same text with a new memory)."""
    created_at: datetime
    """When it was made."""
    path: str
    """Path of its file, relative to the project's folder."""
