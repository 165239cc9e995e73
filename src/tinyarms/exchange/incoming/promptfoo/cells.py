"""The tests of a promptfoo CSV file, read row by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.promptfoo.assertions import (
    NO_SHARE,
    Assertion,
    assertion_of_cell,
    share,
)
from tinyarms.exchange.incoming.records import Listed
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.tables.table import Json
from tinyarms.exchange.tables.text_file import (
    MOST_LINE_CHARACTERS,
    encoding_of,
    lines_of,
    open_text,
)

_EXPECTED = re.compile(r"__expected\d*")
_CONFIG = re.compile(r"__config:(__expected\d*):(\w+)")
_METADATA = re.compile(r"__metadata:([^\[\]]+)(\[\])?")
_TAG = re.compile(r"(?<!\\),")
_NO_OPTION = "there is no such option, or no such assertion"
_LISTED = {
    "__prefix": "it would change the prompt of this row alone",
    "__suffix": "it would change the prompt of this row alone",
    "__provider": "one model runs all rows",
    "__metric": "there is one score for each row",
    "__providerOutput": "it is the output of a model",
}
MAGIC = re.compile(
    r"^\ufeff?[^\n]*__(?:expected|description|metadata|prefix|suffix|config|threshold)"
)


@dataclass
class CellTest:
    """A test of a row of cells."""

    where: str
    variables: dict[str, Json] = field(default_factory=dict)
    assertions: list[Assertion] = field(default_factory=list)
    metadata: dict[str, Json] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    threshold: float | None = None
    """Lowest share of its assertions that makes an output right; `None`: all of them."""


def cell_tests(source: Source, path: Path) -> Iterator[CellTest]:
    """The tests of a CSV file. Raises `ImportRefused` for a file that is no CSV."""
    csv.field_size_limit(MOST_LINE_CHARACTERS)
    whole = source.place(path)
    with open_text(path, encoding_of(path, whole), whole) as file:
        lines = lines_of(file, whole)
        head = next(lines, "")
        delimiter = max(",;\t", key=head.count)
        rows = csv.reader(chain([head], lines), delimiter=delimiter, strict=True)
        try:
            names = [name.strip() for name in next(rows, [])]
            _check(names, source.place(path, 1))
            before = rows.line_num
            for cells in rows:
                where, before = source.place(path, before + 1), rows.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) > len(names):
                    raise ImportRefused(
                        f"{where}: has {len(cells)} cells for {len(names)} columns.",
                        "Put quotes around cells that have the delimiter.",
                    )
                cells += [""] * (len(names) - len(cells))
                yield test_of_cells(dict(zip(names, cells, strict=True)), where)
        except csv.Error as error:
            place = source.place(path, rows.line_num)
            raise ImportRefused(f"{place}: no CSV ({error}).", "Correct its quotes.") from error


def _check(names: list[str], where: str) -> None:
    repeated = next((name for name in names if name and names.count(name) > 1), None)
    if repeated is not None:
        raise ImportRefused(f"{where}: the column {repeated!r} occurs twice.", "Rename one.")


def test_of_cells(row: Mapping[str, str], where: str) -> CellTest:
    """The test of one row: its columns by their names."""
    test = CellTest(where)
    asserted: dict[int, Assertion] = {}
    options: list[tuple[int, str, str]] = []
    for name, cell in row.items():
        if _EXPECTED.fullmatch(name):
            found = assertion_of_cell(cell, where)
            if found is not None:
                asserted[_number_of(name)] = found
        elif match := _METADATA.fullmatch(name):
            if cell.strip():
                test.metadata[match[1]] = _tags(cell) if match[2] else cell
        elif match := _CONFIG.fullmatch(name):
            if cell.strip():
                options.append((_number_of(match[1]), match[2], cell.strip()))
        elif name == "__threshold":
            if cell.strip():
                test.threshold = share(cell.strip())
                if test.threshold is None:
                    test.listed.append(Listed(where, f"__threshold {cell.strip()}", NO_SHARE))
        elif name == "__description":
            test.metadata["description"] = cell
        elif name in _LISTED:
            if cell.strip():
                test.listed.append(Listed(where, f"{name} {cell.strip()}", _LISTED[name]))
        elif name and not name.startswith("__"):
            test.variables[name] = cell
    for number, key, value in options:
        if key == "threshold" and number in asserted:
            asserted[number] = replace(asserted[number], threshold=value)
        else:
            test.listed.append(Listed(where, f"{key} {value} of __expected{number}", _NO_OPTION))
    test.assertions = list(asserted.values())
    return test


def _number_of(column: str) -> int:
    """The number of a column `__expected…`; that without one is the first."""
    return int(column.removeprefix("__expected") or 1)


def _tags(cell: str) -> list[str]:
    return [tag.replace("\\,", ",").strip() for tag in _TAG.split(cell)]
