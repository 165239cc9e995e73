"""Read an import in a test: its format, its rows, and what was listed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tinyarms.exchange.incoming.records import Columns, Imported, Listed, Row
from tinyarms.exchange.incoming.registry import format_of
from tinyarms.exchange.incoming.source import Source


def imported(path: Path, columns: Columns | None = None) -> Imported:
    """What a file or folder gives, in the format that it has."""
    source = Source(path)
    return format_of(source).read(source, columns or Columns())


def rows_of(found: Imported) -> list[Row]:
    return [part for part in found.rows() if isinstance(part, Row)]


def listed_of(found: Imported) -> list[str]:
    """What is listed, with the number of its line or row."""
    parts = [*found.listed, *(part for part in found.rows() if isinstance(part, Listed))]
    return [f"{part.where.rpartition(' ')[2]}: {part.what}" for part in parts]


def lines(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
