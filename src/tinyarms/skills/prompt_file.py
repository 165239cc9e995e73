"""Prompt files: Markdown with front matter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from io import StringIO
from typing import Any

from tinyarms.core.errors import PromptError
from tinyarms.skills.prompt import Demonstration, Prompt

_FENCE = "---"


def parse_prompt_file(content: str, where: str) -> Prompt:
    """Read a prompt file: Markdown, optionally with YAML front matter.

    Front matter may have `demonstrations` (a list of `inputs` and `output`) and `calibration`
    (label: bias). Other keys are for people and are ignored. Raises `PromptError`.
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
            f"{where}: the front matter is not understood ({error!r}).",
            "demonstrations: a list of {inputs: {name: text}, output: text}; "
            "calibration: {label: number}.",
        ) from error
    return Prompt(text, demonstrations, calibration)


def format_prompt_file(prompt: Prompt, meta: Mapping[str, Any] | None = None) -> str:
    """The inverse of `parse_prompt_file`; `meta` goes first into the front matter."""
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
    """Text with line ends and the like in double quotes: no other style keeps them all."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return {_quoted(key): _quoted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_quoted(each) for each in value]
    if isinstance(value, str) and not value.isprintable():
        return DoubleQuotedScalarString(value)
    return value


def _parse_yaml(text: str, where: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # `base` reads every scalar as the text it is: a label `no` or `1.0` stays that.
        data = YAML(typ="base", pure=True).load(text) or {}
    except YAMLError as error:
        line = str(error).splitlines()[0]
        raise PromptError(f"{where}: broken YAML in the front matter: {line}.") from error
    if not isinstance(data, dict):
        raise PromptError(f"{where}: the front matter must be a mapping of keys to values.")
    return data


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no bias")
    return number
