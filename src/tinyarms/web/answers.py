"""Answers of the facade as JSON: the same fields as `--json` prints (docs/json.md)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from tinyarms.core.errors import UsageError
from tinyarms.core.plain import SCHEMA, plain

PAGE = 50
"""Items of a page unless asked otherwise. Higher: fewer requests, larger answers."""
MOST_ITEMS = 500
"""Most items of a page."""


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A dataclass or mapping as JSON, with the version of its fields."""
    body = {"schema": SCHEMA, **plain(data)}
    return Response(_text(body), status, headers, "application/json")


def page_of(items: Sequence[Any], cursor: str | None, limit: int, **beside: Any) -> Response:
    """The items from the cursor on, at most `limit`, and the cursor of the next page.

    `beside`: other fields of each page.
    """
    start = _position(cursor)
    following = start + limit if start + limit < len(items) else None
    shown = items[start : start + limit]
    cursor = None if following is None else _cursor(following)
    return answer({"items": list(shown), "next": cursor, **beside})


def _text(body: Any) -> str:
    # "</script>" in a text that users wrote must not end a script, wherever the JSON is put.
    return json.dumps(body, allow_nan=False).replace("<", "\\u003c")


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        number = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        number = -1
    if not 0 <= number < 10**12:
        raise UsageError("The cursor is not one of this service.", "Use `next` of the last page.")
    return number
