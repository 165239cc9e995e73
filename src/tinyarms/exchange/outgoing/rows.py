"""Rows as lines of JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from tinyarms.core.plain import plain
from tinyarms.exchange.tables.csv_file import guarded
from tinyarms.skills.example import Example, format_example


def json_lines(rows: Iterable[Any]) -> Iterator[str]:
    """A line of JSON for each mapping or dataclass."""
    for row in rows:
        yield json.dumps(plain(row), ensure_ascii=False) + "\n"


def example_lines(examples: Iterable[Example]) -> Iterator[str]:
    """The lines of an examples file of this tool."""
    for example in examples:
        yield format_example(example) + "\n"


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The rows of a CSV, with a header. A missing value is an empty cell.

    A text that a spreadsheet would take for a formula gets an apostrophe, which the import takes
    away again.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        yield _taken(buffer)
    yield _taken(buffer)


def example_columns(inputs: Sequence[str]) -> tuple[str, ...]:
    """The columns of examples as CSV."""
    return ("id", *(f"inputs.{name}" for name in inputs), "expected", "split", "origin", "kind")


def example_cells(examples: Iterable[Example]) -> Iterator[Mapping[str, Any]]:
    """Each example as the cells of a CSV."""
    for example in examples:
        yield {
            "id": example.id,
            **{f"inputs.{name}": text for name, text in example.inputs.items()},
            "expected": example.expected,
            "split": example.split,
            "origin": example.origin,
            "kind": example.kind,
        }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    return str(value) if isinstance(value, int | float) else json.dumps(plain(value))


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
