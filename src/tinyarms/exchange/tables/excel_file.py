"""Read Excel workbooks (.xlsx). Needs the extra `excel`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.core.text import one_line
from tinyarms.exchange.tables.csv_file import MISSING, unguarded
from tinyarms.exchange.tables.table import BrokenRow, Json, Row, Table, as_text, unique_names

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_MOST_UNPACKED_BYTES = 200_000_000
_MOST_RATIO = 100
"""A workbook that unpacks to more bytes, or by more than this factor, is refused."""
_HEADER_WITHIN = 20
"""The header is looked for in this many rows; titles and notes may stand above it."""


def open_excel(path: Path, *, sheet: str | None = None) -> Table:
    """A sheet of a workbook as a table: the first that has one of several columns, else the first
    that has one, or the named one.

    The header is the first row with as many cells as the rows below it have. Formulas give the
    value that was stored with them. Raises `ImportRefused`, and `UsageError` without the extra.
    """
    with _workbook(path) as book:
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            raise UsageError(
                f"{path}: there is no sheet {sheet!r}.", f"Its sheets are: {', '.join(names)}."
            )
        headers = ((name, _header(book, name)) for name in (names if sheet is None else [sheet]))
        tables = [(name, header) for name, header in headers if header is not None]
        if not tables:
            raise ImportRefused(f"{path}: no sheet has a table.", "Write a header and rows.")
    # A first sheet with a single column may be a cover.
    name, (number, cells) = next((t for t in tables if len(t[1][1]) > 1), tables[0])
    columns, remarks = unique_names(cells, str(path))
    others = [other for other in names if other != name]
    if others:
        remarks = (f"The sheet {name!r} is read; not: {', '.join(others)}.", *remarks)
    return Table(str(path), columns, _SheetRows(path, name, number, columns).read, "row", remarks)


def _header(book: Workbook, name: str) -> tuple[int, list[str]] | None:
    """The number and the cells of the header row; `None` if the sheet has no table."""
    sheet = book[name]
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return None
    rows = [[_text(cell) or "" for cell in row] for row in islice(_rows(sheet), _HEADER_WITHIN)]
    filled = [sum(map(bool, map(str.strip, row))) for row in rows]
    if sum(map(bool, filled)) < 2:
        return None
    at = next(n for n, cells in enumerate(filled) if cells and cells >= 0.7 * max(filled))
    last = max(n for n, cell in enumerate(rows[at]) if cell.strip())
    return (at + 1, rows[at][: last + 1]) if at + 1 < len(rows) else None


@dataclass(frozen=True)
class _SheetRows:
    path: Path
    sheet: str
    header: int
    columns: tuple[str, ...]

    def read(self) -> Iterator[Row | BrokenRow]:
        with _workbook(self.path) as book:
            for number, row in enumerate(_rows(book[self.sheet]), start=1):
                if number <= self.header:
                    continue
                cells = [_cell(cell) for cell in row[: len(self.columns)]]
                if any(cell is not None for cell in cells):
                    yield Row(number, dict(zip(self.columns, cells, strict=False)))


def _rows(sheet: object) -> Iterator[Sequence[object]]:
    yield from sheet.iter_rows(values_only=True)  # type: ignore[attr-defined]


def _cell(value: object) -> Json:
    text = _text(value)
    return None if text is None or text in MISSING else unguarded(text)


def _text(value: object) -> str | None:
    """A cell as people see it: a whole number without `.0`, a day without its time."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bool):
        return str(value).upper()
    if value is None or isinstance(value, str | int | float):
        return as_text(value)
    return str(value)


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    try:
        import defusedxml  # noqa: F401  # openpyxl then reads no entity
        from openpyxl import load_workbook
    except ImportError as error:
        raise UsageError(
            f"{path}: Excel needs the packages openpyxl and defusedxml.",
            "Run: pip install 'tinyarms[excel]'",
        ) from error
    if path.suffix.lower() == ".xls":
        raise ImportRefused(f"{path}: this is an old workbook.", "Save it as .xlsx or .csv.")
    _check_sizes(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise _broken(path, error) from error
    try:
        yield book
    except (ImportRefused, UsageError, GeneratorExit):
        raise
    except Exception as error:  # what its parser raises for a broken part is not documented
        raise _broken(path, error) from error
    finally:
        book.close()


def _broken(path: Path, error: Exception) -> ImportRefused:
    reason = one_line(str(error)) or type(error).__name__
    return ImportRefused(f"{path}: no workbook that can be read ({reason}).", "Save it again.")


def _check_sizes(path: Path) -> None:
    """Check what the parts unpack to, before anything is unpacked. Raises `ImportRefused`."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except FileNotFoundError as error:
        raise ImportRefused(f"{path}: there is no such file.", "Correct its name.") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise _broken(path, error) from error
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if unpacked > _MOST_UNPACKED_BYTES or unpacked > _MOST_RATIO * packed:
        raise ImportRefused(
            f"{path}: it unpacks from {packed:,} to {unpacked:,} bytes.",
            f"At most {_MOST_UNPACKED_BYTES:,} bytes and a factor of {_MOST_RATIO} are read; save "
            "the sheet as CSV.",
        )
