"""What each server needs to be told beyond the common API, and how it says its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from tinyarms.skills.contract import Constraint

Dialect = Literal["llama.cpp", "ollama", "vllm", "openai"]

_WRAPPED = "answer"
_BEFORE_ANSWER: Mapping[str, str] = {
    "ollama": r'\s*"',
    "openai": rf'\s*\{{\s*"{_WRAPPED}"\s*:\s*"',
}
"""What a server that only knows JSON schemas puts before a word."""
_WRAPPER_TOKENS = 16
"""Room for the quotes or the object that a JSON schema puts around an answer."""


def constraint_fields(dialect: Dialect, constraint: Constraint) -> dict[str, Any]:
    """The fields of the request's JSON body that make the server keep the constraint."""
    if dialect == "llama.cpp":
        if constraint.grammar is not None:
            return {"grammar": constraint.grammar}
        return {"json_schema": constraint.schema}
    if dialect == "vllm":
        return {"structured_outputs": _vllm_fields(constraint)}
    schema: Any = constraint.schema
    if dialect == "openai" and _is_plain_text(constraint):
        return _response_format(_as_object(schema), strict=True)
    return _response_format(schema, strict=False)


def extra_tokens(dialect: Dialect, constraint: Constraint) -> int:
    """Tokens that the server's form of the answer needs on top of the answer itself."""
    return _WRAPPER_TOKENS if _is_wrapped(dialect, constraint) else 0


def unwrap(dialect: Dialect, constraint: Constraint, text: str) -> str:
    """The answer in a reply; a reply in another form than asked for comes back unchanged."""
    if not _is_wrapped(dialect, constraint):
        return text
    try:
        value = json.loads(text)
        answer = value[_WRAPPED] if dialect == "openai" else value
    except (ValueError, KeyError, TypeError):
        return text
    return answer if isinstance(answer, str) else text


def opening(dialect: Dialect, constraint: Constraint, text: str) -> str:
    """What a reply says before the answer; empty if it is not in another form."""
    wrapped = _is_wrapped(dialect, constraint)
    found = re.match(_BEFORE_ANSWER[dialect], text) if wrapped else None
    return found.group() if found else ""


def _is_wrapped(dialect: Dialect, constraint: Constraint) -> bool:
    return dialect in _BEFORE_ANSWER and _is_plain_text(constraint)


def _is_plain_text(constraint: Constraint) -> bool:
    """Labels and patterns: the answer is a word, which a JSON-only server puts into JSON."""
    return bool(constraint.choices) or constraint.regex is not None


def _vllm_fields(constraint: Constraint) -> dict[str, Any]:
    if constraint.choices:
        return {"choice": list(constraint.choices)}
    if constraint.regex is not None:
        return {"regex": constraint.regex}
    return {"json": constraint.schema}


def _as_object(schema: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {_WRAPPED: schema},
        "required": [_WRAPPED],
        "additionalProperties": False,
    }


def _response_format(schema: Mapping[str, Any], strict: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"name": _WRAPPED, "schema": dict(schema)}
    if strict:
        described["strict"] = True
    return {"response_format": {"type": "json_schema", "json_schema": described}}
