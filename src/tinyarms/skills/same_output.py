"""Decide whether two outputs of a skill are equivalent."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import normalize

from tinyarms.skills.contract import Contract


def comparable(contract: Contract, output: str | None) -> str | None:
    """A form of an output that is equal for equivalent outputs.

    `output`: the result of the contract's `parse`; `None` (no usable output) stays `None`.
    Invisible differences are ignored: the Unicode form, spaces at the end of a line, the kind of
    line end. In JSON, the order of keys and the notation of numbers are ignored too.

    Examples
    --------
    >>> from tinyarms.skills.contract import JsonSchema, Text
    >>> from tinyarms.skills.same_output import comparable
    >>> comparable(JsonSchema({}), '{"b": 1.0, "a": "x"}')
    '{"a":"x","b":1}'
    >>> comparable(Text(), "one \\r\\ntwo") == comparable(Text(), "one\\ntwo")
    True
    """
    if output is None:
        return None
    if contract.kind == "json_schema":
        try:
            value = _plain_numbers(json.loads(output))
            return normalize("NFC", json.dumps(value, ensure_ascii=False, **_COMPACT))
        except (ValueError, RecursionError):
            pass  # Not JSON after all: compare it as text.
    return normalize("NFC", "\n".join(line.rstrip() for line in output.splitlines()))


_COMPACT: dict[str, Any] = {"sort_keys": True, "separators": (",", ":")}


def _plain_numbers(value: Any) -> Any:
    """The JSON value with whole numbers as integers: 1.0 and 1e0 are 1."""
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
