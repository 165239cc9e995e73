"""Read CSV and TSV: delimiter, encoding and header are found out."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.core.text import counted
from tinyarms.exchange.tables.table import (
    MOST_CELL_CHARACTERS,
    BrokenRow,
    Json,
    Row,
    Table,
    unique_names,
)
from tinyarms.exchange.tables.text_file import checked_encoding, encoding_of, lines_of, open_text

_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE_ROWS = 200
"""Rows that are read to find out the delimiter and whether there is a header."""
MISSING = frozenset({"", "NaN", "nan", "NAN", "null", "NULL", "#N/A", "<NA>"})
"""Cells without a value. `None`, `NA` and `n/a` are not among them: they may be labels."""
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f]")
_MOST_CONTROL = 0.01
"""Most control characters as a share of all. Higher: more files that are no text are read."""
_GUARDED = re.compile(r"'+(?:[=+\-@\t\r]|(?:NaN|nan|NAN|null|NULL|#N/A|<NA>)\Z)")
"""A cell with an apostrophe that keeps a spreadsheet from taking it for a formula, or a reader from
taking it for missing."""
_SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)
"""A first line that tells Excel what separates the cells."""
_NEEDS_GUARD = re.compile(r"'*(?:[=+\-@\t\r]|(?:NaN|nan|NAN|null|NULL|#N/A|<NA>)\Z)")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `unguarded` is the inverse.

    Examples
    --------
    >>> from tinyarms.exchange.tables.csv_file import guarded, unguarded
    >>> guarded("=1+1"), guarded("5 > 4"), unguarded(guarded("=1+1"))
    ("'=1+1", '5 > 4', '=1+1')
    """
    return f"'{cell}" if _NEEDS_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell


def open_csv(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Table:
    """A CSV or TSV file as a table. `None`: found out. Raises `ImportRefused`.

    Quoted cells may have line breaks. A row with too many cells is an error; one with too few lacks
    the last ones.
    """
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError(f"{delimiter!r} is not one character.", "Write ',', ';' or '|'.")
    code = checked_encoding(encoding) if encoding else encoding_of(path)
    with open_text(path, code) as file:
        sample = list(islice(lines_of(file, str(path)), 4 * _SAMPLE_ROWS))
    if sample and "\0" in sample[0]:  # A stray one further down does not make it binary.
        raise ImportRefused(
            f"{path}: is not a text file: it has zero bytes.", "Give a CSV, or name its encoding."
        )
    if len(_CONTROL.findall(text := "".join(sample[:_SAMPLE_ROWS]))) > _MOST_CONTROL * len(text):
        raise ImportRefused(
            f"{path}: is not a text file: it has control characters.",
            "Give a CSV, or name its encoding.",
        )
    declared = _SEPARATOR_LINE.fullmatch(sample[0].rstrip("\r\n")) if sample else None
    first = 1 if declared else 0
    if not any(map(str.strip, sample[first:])):
        raise ImportRefused(f"{path}: there are no rows in it.", "Give a file with a header.")
    found = delimiter or (declared[1] if declared else _delimiter(sample, path.suffix.lower()))
    records = islice(_records(sample, found, str(path)), first, _SAMPLE_ROWS)
    rows = [row for _, row in records]
    remarks_above = _remarks_above(rows)
    rows, first = rows[remarks_above:], first + remarks_above
    if not rows:
        raise ImportRefused(f"{path}: all its cells are empty.", "Give a file with a header.")
    has_header = _has_header(rows)
    width = max(map(len, rows))
    if has_header and len(rows) > 1 and all(len(row) > len(rows[0]) for row in rows[1:]):
        raise ImportRefused(
            f"{path}, line 1: its header has {counted(len(rows[0]), 'name')}, and the rows below "
            f"have {len(rows[1])} cells.",
            "Give each column a name, and remove what stands above the header.",
        )
    names = rows[0] if has_header else [f"column_{n}" for n in range(1, width + 1)]
    columns, remarks = unique_names(names, str(path))
    reader = _CsvRows(path, code, found, columns, first + has_header)
    notes = [] if code in ("utf-8", "utf-8-sig") else [f"It is read as {code}."]
    notes += [] if found == "," else [f"Its cells are separated by {_NAMES.get(found, found)}."]
    notes += [] if has_header else ["Its first row is no header, but data."]
    return Table(str(path), columns, reader.read, "line", (*notes, *remarks))


@dataclass(frozen=True)
class _CsvRows:
    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    skipped: int
    """Records before the first row."""

    def read(self) -> Iterator[Row | BrokenRow]:
        where, width = str(self.path), len(self.columns)
        with open_text(self.path, self.encoding) as file:
            records = _records(lines_of(file, where), self.delimiter, where, is_whole=True)
            for number, cells in islice(records, self.skipped, None):
                if len(cells) > width and any(cells[width:]):
                    yield BrokenRow(
                        number, f"it has {len(cells)} cells, and there are {width} columns"
                    )
                    continue
                yield Row(number, dict(zip(self.columns, map(_value, cells), strict=False)))


def _value(cell: str) -> Json:
    if cell in MISSING:
        return None
    return unguarded(cell) if cell[0] == "'" else cell


def _records(
    lines: Iterable[str], delimiter: str, where: str, *, is_whole: bool = False
) -> Iterator[tuple[int, Sequence[str]]]:
    """The records that are not blank, with the line each begins on.

    `is_whole`: whether the lines are all of the file. Then a quote that is never closed is an
    error: the rest of the file would be one cell. Raises `ImportRefused`.
    """
    counter = _LinesToEnd(lines)
    csv.field_size_limit(MOST_CELL_CHARACTERS)
    reader = csv.reader(counter, delimiter=delimiter)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportRefused(
                f"{where}, line {begins}: no row of a table ({error}).",
                "Look for a quote that is not closed.",
            ) from error
        if is_whole and counter.is_over:  # It asked for more lines within a quoted cell.
            raise ImportRefused(
                f"{where}, line {begins}: a quote in this row is never closed.",
                'Close it, or write "" for a quote within a quoted cell.',
            )
        if any(cells):
            yield begins, cells


class _LinesToEnd:
    """Lines that tell whether somebody asked for more than there are."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.is_over = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except StopIteration:
            self.is_over = True
            raise


def _delimiter(lines: Sequence[str], suffix: str) -> str:
    """The delimiter that gives the most rows the same number of cells, at least two."""
    order = "\t,;|" if suffix == ".tsv" else _DELIMITERS

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for _, row in islice(_records(lines, delimiter, ""), _SAMPLE_ROWS)]
        except ImportRefused:  # a cell would be too long
            rows = []
        [(width, n)] = Counter(map(len, rows)).most_common(1) or [(0, 0)]
        return (n / len(rows), width) if width > 1 else (0.0, 1)

    return max(order, key=evenness)


def _remarks_above(rows: Sequence[Sequence[str]]) -> int:
    """Number of the first rows that begin with `#` and have one cell, where others have more."""
    n = 0
    while n < len(rows) and len(rows[n]) == 1 and rows[n][0].startswith("#"):
        n += 1
    return n if n < len(rows) and len(rows[n]) > 1 else 0


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has names: none of its cells occurs below in the same column, and none
    is a number."""
    first, rest = rows[0], rows[1:]
    if not rest or any(not cell.strip() for cell in first):
        return True
    if any(re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell.strip()) for cell in first):
        return False
    return not any(
        first[at] == row[at] for at in range(len(first)) for row in rest if at < len(row)
    )
