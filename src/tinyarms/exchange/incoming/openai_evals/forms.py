"""The forms of the files, and what the evals of the repository and of the platform share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.records import Turn
from tinyarms.exchange.incoming.source import Source, json_value
from tinyarms.exchange.tables.table import Json

NAME = "openai-evals"
YAML = (".yaml", ".yml")
SAMPLE = re.compile(r'\A\ufeff?\s*\{(?=[^\n]*"input"\s*:)(?=[^\n]*"ideal"\s*:)')
"""The first line of samples of the repository."""
ITEM = re.compile(r'\A\ufeff?\s*\{\s*"item"\s*:\s*\{')
"""The first line of rows of the platform."""
EVAL = re.compile(r'"(?:testing_criteria|input_messages|datasource_item)"\s*:|"eval\.run"')
"""A part of an eval, of a run or of its output items."""
CLASS = re.compile(r"^[ \t]+class:\s*[\"']?evals\.", re.MULTILINE)
"""A line of a registry file of the repository."""
_LOOKED_AT = 100_000
"""Bytes of a file that are looked at to recognise it."""
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def head_of(source: Source, path: Path) -> str:
    """The beginning of a file."""
    return source.head(path, _LOOKED_AT)


def objects_of(source: Source, path: Path) -> Iterator[tuple[int, dict[str, Json]]]:
    """The number of each line that has one, and its object. Raises `ImportRefused`."""
    for number, line in source.lines(path):
        text = line.lstrip("\ufeff")
        if text.strip():
            where = source.place(path, number)
            value = json_value(text, where)
            if not isinstance(value, dict):
                raise ImportRefused(f"{where}: is no object.", "Write one JSON object per line.")
            yield number, value


def turns_of(messages: Json) -> list[Turn] | None:
    """The turns of a chat; `None`: it is none."""
    turns = []
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [content]
        if not all(isinstance(_text_of(part), str) for part in parts):
            return None
        content = "\n".join(str(_text_of(part)) for part in parts)
        role = _ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
        if role is None:
            return None
        turns.append(Turn(role, content))  # type: ignore[arg-type]
    return turns or None


def _text_of(part: Json) -> Json:
    return part.get("text") if isinstance(part, Mapping) else part


def list_of(value: Json) -> Sequence[Json]:
    """The value as a list: one that is none is its only item, and nothing is an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
