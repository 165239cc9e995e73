"""Prompts and prompt versions: immutable text, demonstrations and label calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from io import StringIO
from typing import Any, Literal

from tinyarms.core.errors import PromptError
from tinyarms.core.ids import content_hash

Source = Literal["initial", "manual", "evolution", "rollback"]


@dataclass(frozen=True)
class Demonstration:
    """A worked example inside a prompt, sent as a user turn and an assistant turn."""

    inputs: Mapping[str, str]
    output: str


@dataclass(frozen=True)
class Prompt:
    """What is sent to the model besides the inputs.

    `calibration` maps labels to biases, in nats, that are added to the labels' log-probabilities
    before the best label is taken. It is empty without a `labels` contract.
    """

    text: str
    demonstrations: tuple[Demonstration, ...] = ()
    calibration: Mapping[str, float] = field(default_factory=dict)

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
    prompt: Prompt
    parent: int | None
    source: Source
    created_at: datetime
    path: str
    """Path of its file, relative to the project's folder."""


_FENCE = "---"
"""The line before and after the front matter."""


def parse_prompt_file(content: str, where: str) -> Prompt:
    """Read a prompt file: Markdown, optionally with YAML front matter.

    The front matter may have `demonstrations` (a list of `inputs` and `output`) and `calibration`
    (label: bias). Other keys are for people and are ignored. Raises `PromptError` if the prompt is
    empty or the front matter is broken; `where` names the file in the message.

    Examples
    --------
    >>> from tinyarms.skills.prompt import format_prompt_file, parse_prompt_file
    >>> content = "---\\ncalibration:\\n  good: -0.5\\n---\\nIs the review good or bad?\\n"
    >>> prompt = parse_prompt_file(content, where="skills/review.md")
    >>> prompt.text, prompt.calibration
    ('Is the review good or bad?', {'good': -0.5})
    >>> format_prompt_file(prompt) == content
    True
    """
    meta: Mapping[str, Any] = {}
    body = content.replace("\r\n", "\n")
    if body.startswith(_FENCE + "\n"):
        head, fence, rest = f"{body[len(_FENCE) :]}\n".partition(f"\n{_FENCE}\n")
        if not fence:
            raise PromptError(f"{where}: the front matter has no end.", "Close it with '---'.")
        meta, body = _parse_yaml(head, where), rest
    text = body.strip()
    if not text:
        raise PromptError(f"{where}: the prompt is empty.", "Write the instruction as Markdown.")
    try:
        demonstrations = tuple(
            Demonstration({k: _text(v) for k, v in d["inputs"].items()}, _text(d["output"]))
            for d in meta.get("demonstrations") or ()
        )
        calibration = {k: _number(v) for k, v in (meta.get("calibration") or {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PromptError(
            f"{where}: the front matter has a value of the wrong form ({error!r}).",
            "demonstrations: a list of {inputs: {name: text}, output: text}; "
            "calibration: {label: number}.",
        ) from error
    return Prompt(text, demonstrations, calibration)


def format_prompt_file(prompt: Prompt, meta: Mapping[str, Any] | None = None) -> str:
    """The inverse of `parse_prompt_file`. The keys of `meta` come first in the front matter."""
    front = dict(meta or {})
    front.update({k: v for k, v in prompt.to_dict().items() if k != "text"})
    if not front and not prompt.text.strip().startswith(_FENCE):
        return prompt.text.strip() + "\n"
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    out = StringIO()
    yaml.dump(_quoted(front), out)
    return f"{_FENCE}\n{out.getvalue()}{_FENCE}\n{prompt.text.strip()}\n"


def _quoted(value: Any) -> Any:
    """Double-quote text with line ends or other control characters: no other style keeps all."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return {_quoted(key): _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    if isinstance(value, str) and not value.isprintable():
        return DoubleQuotedScalarString(value)
    return value


def _parse_yaml(text: str, where: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # `base` reads every scalar as text, so that a label `no` or `1.0` does not change.
        data = YAML(typ="base", pure=True).load(text) or {}
    except YAMLError as error:
        line = str(error).splitlines()[0]
        raise PromptError(f"{where}: broken YAML in the front matter: {line}.") from error
    if not isinstance(data, dict):
        raise PromptError(f"{where}: the front matter must be a mapping of keys to values.")
    return data


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a bias")
    return number
