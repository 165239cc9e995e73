"""Differences between servers: the request fields of each kind, and the form of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from tinyarms.skills.contract import Constraint

Dialect = Literal["llama.cpp", "ollama", "vllm", "openai"]

_WRAPPED = "answer"
_OPENINGS: Mapping[str, str] = {
    "ollama": r'\s*"',
    "openai": rf'\s*\{{\s*"{_WRAPPED}"\s*:\s*"',
}
"""Regular expressions for the text before the answer, from servers that only support JSON
schemas."""
_WRAPPER_TOKENS = 16
"""Tokens for the quotes or the object that a JSON schema puts around an answer. Lower: answers are
cut off. Higher: a model that does not stop costs more."""


JSON_OBJECT: Mapping[str, Any] = {"response_format": {"type": "json_object"}}
"""The field that asks for JSON of any kind."""


def constraint_fields(dialect: Dialect, constraint: Constraint) -> dict[str, Any]:
    """The fields of the request's JSON body that make the server enforce the constraint."""
    if dialect == "llama.cpp":
        if constraint.grammar is not None:
            return {"grammar": constraint.grammar}
        return {"json_schema": constraint.schema}
    if dialect == "vllm":
        return {"structured_outputs": _vllm_fields(constraint)}
    schema: Any = constraint.schema
    if dialect == "openai" and is_plain_text(constraint):
        return _response_format(as_object(schema), strict=True)
    return _response_format(schema, strict=False)


def extra_tokens(dialect: Dialect, constraint: Constraint) -> int:
    """How many tokens the server's form of the answer needs in addition to the answer."""
    return _WRAPPER_TOKENS if _is_wrapped(dialect, constraint) else 0


def unwrap(dialect: Dialect, constraint: Constraint, text: str) -> str:
    """The answer in a reply; a reply that does not have the requested form is left as it is."""
    if not _is_wrapped(dialect, constraint):
        return text
    try:
        value = json.loads(text)
        answer = value[_WRAPPED] if dialect == "openai" else value
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    return answer if isinstance(answer, str) else text


def opening(dialect: Dialect, constraint: Constraint, text: str) -> str:
    """The part of a reply before the answer; empty if the reply is the bare answer."""
    if not _is_wrapped(dialect, constraint):
        return ""
    match = re.match(_OPENINGS[dialect], text)
    return match.group() if match else ""


def _is_wrapped(dialect: Dialect, constraint: Constraint) -> bool:
    return dialect in _OPENINGS and is_plain_text(constraint)


def is_plain_text(constraint: Constraint) -> bool:
    """Labels and patterns: the answer is a word, which a JSON-only server puts into JSON."""
    return bool(constraint.choices) or constraint.regex is not None


def _vllm_fields(constraint: Constraint) -> dict[str, Any]:
    if constraint.choices:
        return {"choice": list(constraint.choices)}
    if constraint.regex is not None:
        return {"regex": constraint.regex}
    return {"json": constraint.schema}


def as_object(schema: Any) -> dict[str, Any]:
    """The schema of an object with an answer that keeps `schema`."""
    return {
        "type": "object",
        "properties": {_WRAPPED: schema},
        "required": [_WRAPPED],
        "additionalProperties": False,
    }


def _response_format(schema: Mapping[str, Any], strict: bool) -> dict[str, Any]:
    json_schema: dict[str, Any] = {"name": _WRAPPED, "schema": dict(schema)}
    if strict:
        json_schema["strict"] = True
    return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
