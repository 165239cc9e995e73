"""A prompt as a Python file that needs nothing but Python."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tinyarms.exchange.outgoing.chat import PromptToExport
from tinyarms.exchange.outgoing.prompts import exported_on
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern
from tinyarms.skills.template import join_frame, split_frame, standard_frame

_MARK = "# --- the prompt ---\n"


def python_file(prompt: PromptToExport) -> str:
    """The source of a module with `messages`, `parse` and `run`, and a command line."""
    source = files("tinyarms.exchange.outgoing").joinpath("exported_prompt.py").read_text()
    head, _, rest = source.partition(_MARK)
    _, _, rest = rest.partition(_MARK)
    version = prompt.version.prompt
    instruction, frame = split_frame(version.text)
    frame = frame or standard_frame(prompt.skill.inputs)
    values = {
        "NAME": exported_on(prompt),
        "MODEL": prompt.model,
        "INPUTS": list(prompt.skill.inputs),
        "OPTIONAL": sorted(prompt.skill.optional),
        "TEXT": join_frame(instruction, frame),
        "FRAME": frame,
        "DEMONSTRATIONS": [
            {"inputs": dict(shown.inputs), "output": shown.output}
            for shown in version.demonstrations
        ],
        "CONTRACT": _contract(prompt.skill.contract),
        "MAX_TOKENS": prompt.skill.contract.max_tokens,
    }
    lines = "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())
    return f"{head}{_MARK}{lines}{_MARK}{rest}"


def _contract(contract: Contract) -> dict[str, Any]:
    if isinstance(contract, Labels):
        return {"labels": list(contract.labels)}
    if isinstance(contract, Pattern):
        return {"pattern": contract.pattern}
    if isinstance(contract, JsonSchema):
        return {"json_schema": json.loads(json.dumps(dict(contract.schema)))}
    return {"text": True}


def _literal(value: Any) -> str:
    """A value as Python source. `repr` of texts, numbers, lists and mappings is that."""
    return repr(value)
