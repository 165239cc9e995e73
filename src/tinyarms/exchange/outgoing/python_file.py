"""A prompt as a Python file that needs nothing but Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from tinyarms.core.errors import UsageError
from tinyarms.core.text import shorten
from tinyarms.exchange.outgoing.chat import PromptToExport
from tinyarms.exchange.outgoing.prompts import exported_on
from tinyarms.skills.contract import JsonSchema, contract_entry
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import join_frame, split_frame, standard_frame

_MARK = "# --- the prompt ---\n"


def python_file(prompt: PromptToExport) -> str:
    """The source of a module with `messages`, `parse` and `run`, and a command line.

    Raises `UsageError` for a JSON schema with keywords that the module does not know.
    """
    source = files("tinyarms.exchange.outgoing").joinpath("exported_prompt.py").read_text()
    head, _, rest = source.partition(_MARK)
    _, _, rest = rest.partition(_MARK)
    version = prompt.version.prompt
    instruction, frame = split_frame(version.text)
    frame = frame or standard_frame(prompt.skill.inputs)
    contract = _contract(prompt.skill)
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
        "CONTRACT": contract,
        "MAX_TOKENS": contract.pop("max_tokens"),
    }
    lines = "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())
    return f"{head}{_MARK}{lines}{_MARK}{rest}"


_UNCHECKED = (
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveRef",
    "unevaluatedItems",
    "unevaluatedProperties",
)
"""Keywords of JSON schemas that the file does not know."""
_LIKE_THE_NEWEST = ("draft-06", "draft-07", "2019-09")
"""Drafts that read a schema without `_CHANGED` as the newest does."""
_CHANGED = (
    "additionalItems",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "prefixItems",
)
"""Keywords that the drafts read in different ways."""
_BESIDE_A_REFERENCE = {"$schema", "$defs", "definitions", "title", "description", "$comment"}
"""Keywords that mean the same beside a `$ref` in every draft."""
_OF_ONE = (
    "items",
    "additionalProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
)
_OF_A_LIST = ("prefixItems", "allOf", "anyOf", "oneOf")
_OF_NAMES = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
"""Keywords whose values are a schema, a list of schemas, and schemas by name."""


def _contract(skill: Skill) -> dict[str, Any]:
    # By way of JSON, because a schema that comes from YAML holds types of its reader.
    entry: dict[str, Any] = json.loads(json.dumps(contract_entry(skill.contract)))
    if isinstance(skill.contract, JsonSchema):
        problem = _problem(entry["json_schema"])
        if problem:
            raise UsageError(
                f"{skill.name}: the Python file cannot check {problem} in the skill's schema.",
                "Write the schema without it, or export the prompt in another format.",
            )
    return entry


def _problem(schema: dict[str, Any]) -> str:
    """What of the schema the file would read in another way than the contract; or nothing."""
    draft = schema.get("$schema", "2020-12")
    is_newest = "2020-12" in draft
    if not is_newest and not any(name in draft for name in _LIKE_THE_NEWEST):
        return f"`$schema: {shorten(draft, 60)}`"
    for part in _schemas(schema):
        unknown = [key for key in part if key in _UNCHECKED]
        unknown += ["$id"] if "$id" in part and part is not schema else []
        unknown += ["$ref"] if not _is_below(part.get("$ref", "#")) else []
        if not is_newest:
            unknown += [key for key in part if key in _CHANGED]
            unknown += ["items"] if isinstance(part.get("items"), list) else []
            unknown += (
                ["$ref"] if "$ref" in part and part.keys() - {"$ref"} - _BESIDE_A_REFERENCE else []
            )
        if unknown:
            return f"`{unknown[0]}`"
    return ""


def _schemas(schema: object) -> Iterator[dict[str, Any]]:
    """The schema and the schemas in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    parts = [schema.get(key) for key in _OF_ONE]
    parts += [part for key in _OF_A_LIST for part in schema.get(key, [])]
    parts += [part for key in _OF_NAMES for part in schema.get(key, {}).values()]
    for part in parts:
        yield from _schemas(part)


def _is_below(reference: str) -> bool:
    """Whether the reference leads to a schema that `_schemas` finds."""
    start, *steps = reference.split("/")
    return start == "#" and (not steps or steps[0] in (*_OF_ONE, *_OF_A_LIST, *_OF_NAMES))


def _literal(value: Any) -> str:
    """A value as Python source. `repr` of texts, numbers, lists and mappings is that."""
    return repr(value)
