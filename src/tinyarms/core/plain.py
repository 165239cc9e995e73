"""Turn values into JSON types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from tinyarms.core.clock import iso

SCHEMA = "tinyarms/1"
"""Version of the answers' fields. Every door puts it into its JSON as `schema`."""


def plain(value: Any) -> Any:
    """The value as dicts, lists, strings, numbers, booleans and `None`.

    A dataclass or a pydantic model becomes a dict of its fields, a time its ISO 8601 text in UTC,
    a path its text. Raises `TypeError` for any other type.

    >>> from datetime import datetime, UTC
    >>> plain({"at": datetime(2024, 11, 10, 8, tzinfo=UTC), "shares": (0.5, None)})
    {'at': '2024-11-10T08:00:00Z', 'shares': [0.5, None]}
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [plain(content) for content in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")
