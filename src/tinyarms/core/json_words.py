"""What is wrong with a JSON text, in plain words; also where Python's parser would take it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from tinyarms.core.text import shorten

_WORDS: Mapping[str, str] = {
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Unterminated string starting at": "a text has no end",
    "Invalid control character at": "a text has a line break or another control character",
    "Invalid \\escape": "a backslash begins no escape",
    "Invalid \\uXXXX escape": "an escape lacks its four digits",
    "Extra data": "it goes on after the end of the object",
    "Illegal trailing comma before end of object": "a comma is before the closing bracket",
    "Illegal trailing comma before end of array": "a comma is before the closing bracket",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "it begins with a byte order mark",
}
"""The parser's words → ours."""


def json_problem(error: json.JSONDecodeError) -> str:
    """What is wrong, the column, and the key that comes before.

    Examples
    --------
    >>> import json
    >>> from tinyarms.core.json_words import json_problem
    >>> try:
    ...     json.loads('{"inputs": 1 "expected": 2}')
    ... except json.JSONDecodeError as error:
    ...     print(json_problem(error))
    a comma or a closing bracket is missing, column 14, after the key inputs
    """
    words = next((plain for theirs, plain in _WORDS.items() if error.msg.startswith(theirs)), "")
    keys = re.findall(r'"([^"\\]{1,200})"\s*:', error.doc[max(0, error.pos - 2000) : error.pos])
    near = f", after the key {shorten(keys[-1], 40)}" if keys else ""
    return f"{words or 'it is no JSON'}, column {error.colno}{near}"


class RefusedJson(ValueError):
    """Says what a JSON text has that the parser takes and this tool refuses."""


def no_constant(name: str) -> NoReturn:
    """Refuse `NaN` and the infinities: a `parse_constant`. Raises `RefusedJson`."""
    raise RefusedJson(f"{name} is no JSON value; write null")
