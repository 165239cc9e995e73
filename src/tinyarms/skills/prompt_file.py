"""Reads and writes prompt files: Markdown, optionally with YAML front matter."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import fields
from io import StringIO
from typing import Any

from tinyarms.core.errors import PromptError
from tinyarms.skills.prompt import Demonstration, Prompt, Retrieval

_FENCE = "---"
"""The line before and after the front matter."""
_OF_THE_PROMPT = ("demonstrations", "calibration", "retrieve")
"""Keys of the front matter that change what is sent to the model."""
_MAX_RETRIEVED = 64
"""Most demonstrations that a prompt may take from its memory for a task. Higher: longer calls."""


def prompt_path(skill: str, number: int) -> str:
    """The file of a released prompt version, relative to the project's folder.

    The first version keeps the path that `config.yaml` gives it.

    Examples
    --------
    >>> from tinyarms.skills.prompt_file import prompt_path
    >>> prompt_path("file-naming", 2)
    'skills/file-naming-v2.md'
    """
    return f"skills/{skill}-v{number}.md"


def parse_prompt_file(content: str, where: str) -> Prompt:
    """Read a prompt file: Markdown, optionally with YAML front matter.

    The front matter may have `demonstrations` (a list of `inputs` and `output`), `calibration`
    (label: bias) and `retrieve` (what the prompt takes from its memory). Other keys are for people
    and are ignored. Raises `PromptError` if the prompt is
    empty or the front matter is broken; `where` names the file in the message.

    Examples
    --------
    >>> from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
    >>> content = "---\\ncalibration:\\n  good: -0.5\\n---\\nIs the review good or bad?\\n"
    >>> prompt = parse_prompt_file(content, where="skills/review.md")
    >>> prompt.text, prompt.calibration
    ('Is the review good or bad?', {'good': -0.5})
    >>> format_prompt_file(prompt) == content
    True
    """
    meta, body = _split(content, where)
    text = body.strip()
    if not text:
        raise PromptError(f"{where}: the prompt is empty.", "Write the instruction as Markdown.")
    try:
        demonstrations = tuple(
            Demonstration({k: _text(v) for k, v in d["inputs"].items()}, _text(d["output"]))
            for d in meta.get("demonstrations") or ()
        )
        calibration = {k: _number(v) for k, v in (meta.get("calibration") or {}).items()}
        retrieve = _retrieval(meta.get("retrieve"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PromptError(
            f"{where}: the front matter has a value of the wrong form ({error!r}).",
            "demonstrations: a list of {inputs: {name: text}, output: text}; "
            "calibration: {label: number}; retrieve: {demonstrations: number, snapshot: hash}.",
        ) from error
    return Prompt(text, demonstrations, calibration, retrieve)


def front_matter(content: str) -> Mapping[str, Any]:
    """The keys of a prompt file's front matter that are for people. Raises `PromptError`."""
    meta, _ = _split(content, "")
    return {k: v for k, v in meta.items() if k not in _OF_THE_PROMPT}


def _split(content: str, where: str) -> tuple[Mapping[str, Any], str]:
    """Front matter and the rest."""
    body = content.replace("\r\n", "\n")
    if not body.startswith(_FENCE + "\n"):
        return {}, body
    head, fence, rest = f"{body[len(_FENCE) :]}\n".partition(f"\n{_FENCE}\n")
    if not fence:
        raise PromptError(f"{where}: the front matter has no end.", "Close it with '---'.")
    return _parse_yaml(head, where), rest


def format_prompt_file(prompt: Prompt, meta: Mapping[str, Any] | None = None) -> str:
    """The inverse of `parse_prompt_file`. The keys of `meta` come first in the front matter."""
    front = dict(meta or {})
    front.update({k: v for k, v in prompt.to_dict().items() if k != "text"})
    if not front and not prompt.text.strip().startswith(_FENCE):
        return prompt.text.strip() + "\n"
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    quoted = _quoted(front)
    # ruamel.yaml loses or adds a space where it folds some double-quoted texts.
    yaml.width = sys.maxsize if _has_quotes(quoted) else 100
    out = StringIO()
    yaml.dump(quoted, out)
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


def _has_quotes(value: Any) -> bool:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return any(_has_quotes(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_has_quotes, value))
    return isinstance(value, DoubleQuotedScalarString)


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


def _retrieval(data: Any) -> Retrieval | None:
    if not data:
        return None
    known = {field.name for field in fields(Retrieval)}
    if unknown := sorted(set(data) - known):
        raise ValueError(f"{unknown[0]!r} is not a setting of retrieve")
    if not data.get("snapshot"):
        raise ValueError("retrieve names no snapshot, which a search makes")
    count = int(data.get("demonstrations", 0))
    weight = _number(data.get("prior_weight", 0.0))
    last = data.get("nearest_last", "true")
    if not 0 <= count <= _MAX_RETRIEVED or weight < 0 or last not in ("true", "false"):
        raise ValueError(f"{dict(data)!r} is out of range")
    return Retrieval(count, last == "true", weight, _text(data["snapshot"]))


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number
