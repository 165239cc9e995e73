"""The rows of another tool as texts, kept in a temporary file until all of them are known."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import IO, NamedTuple

from pydantic_core import from_json, to_json

from tinyarms.core.text import storable
from tinyarms.exchange.incoming.placeholders import input_name
from tinyarms.exchange.incoming.records import Check, Row
from tinyarms.exchange.tables.table import Json, as_text
from tinyarms.skills.checks import check_entry
from tinyarms.skills.input_names import by_their_names


class TextRow(NamedTuple):
    """A row whose values are texts that the project can store."""

    inputs: Mapping[str, str]
    expected: str | None
    """`None`: there is none. It is never blank."""
    where: str
    split: str | None = None
    id: str | None = None
    required: Mapping[str, float] | None = None
    """Entries of the scorer `checks`, with their weights."""
    metadata: str | None = None
    """What people noted about it, as JSON."""
    success_at: float | None = None
    """Lowest share of its checks that makes an output right; `None`: all of them."""


def text_row(row: Row) -> TextRow:
    """The row as texts. Raises `ValueError`, with the reason, for a check that cannot be used, and
    for names that are too much alike."""
    inputs: dict[str, str] = {}
    for name, value in row.inputs.items():
        if type(value) is str:  # by far the most frequent
            _add(inputs, name, storable(value))
        else:
            _flatten(name, value, inputs)
    required: dict[str, float] = {}
    for check in row.checks:
        entry = storable(_entry(check))
        required[entry] = required.get(entry, 0.0) + check.weight
    return TextRow(
        inputs,
        _expected(row),
        storable(row.where),
        None if row.split is None else storable(row.split),
        storable(row.id) if row.id else None,
        required or None,
        json.dumps(dict(row.metadata)) if row.metadata else None,
        row.success_at,
    )


def as_inputs_of(row: TextRow, names: Collection[str]) -> TextRow:
    """The row with the skill's names for inputs that are written in another way."""
    inputs = by_their_names(row.inputs, names)
    return row if inputs is row.inputs else row._replace(inputs=inputs)


def _expected(row: Row) -> str | None:
    text = stored_text(row.expected)
    return text if text is not None and text.strip() else None


def stored_text(value: Json) -> str | None:
    """A JSON value as a text that the project can store; `None` if it is missing."""
    text = as_text(value)
    return None if text is None else storable(str(text))


def _flatten(name: str, value: Json, inputs: dict[str, str]) -> None:
    """Add a value by its name; each value of a mapping by `outer_inner`. A missing one is left out.

    Iterative, because a mapping may be nested as deeply as JSON allows.
    """
    waiting = [(name, value)]
    while waiting:
        path, content = waiting.pop()
        if isinstance(content, Mapping):
            waiting += [(f"{path}.{key}", item) for key, item in reversed(list(content.items()))]
        elif (text := stored_text(content)) is not None:
            _add(inputs, path, text)


def _add(inputs: dict[str, str], path: str, text: str) -> None:
    """Raises `ValueError` if another value has the name, so that one of them would be lost."""
    name = input_name(path)
    if inputs.setdefault(name, text) != text:
        raise ValueError(f"two of its values would be the input {name!r}")


def _entry(check: Check) -> str:
    return check_entry(check.kind, check.value, negated=check.negated, at_least=check.at_least)


def spool(row: TextRow, file: IO[bytes]) -> None:
    """Append the row to a temporary file."""
    file.write(to_json(row))
    file.write(b"\n")


def spooled(file: IO[bytes]) -> Iterator[TextRow]:
    """The rows of a temporary file, from its beginning."""
    file.seek(0)
    for line in file:
        yield TextRow(*from_json(line))
