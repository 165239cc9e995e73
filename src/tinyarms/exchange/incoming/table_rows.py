"""Tables of no particular tool: CSV, TSV, JSON, Parquet, Arrow, Excel, `datasets` folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from unicodedata import normalize

from tinyarms.exchange.incoming.chat import answer_of, chat_inputs, turns_of
from tinyarms.exchange.incoming.column_roles import Roles, roles_of
from tinyarms.exchange.incoming.records import Columns, Imported, Listed, Rewritten, Row
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.table_files import has_tables, sample_of, table_of
from tinyarms.exchange.tables.json_text import json_cell
from tinyarms.exchange.tables.table import BrokenRow, Json, Table, as_text, check_width
from tinyarms.exchange.tables.table import Row as TableRow

_TOOL_INPUTS = frozenset({"input", "inputs", "messages"})
_LIKELY = 0.1
"""How surely a file with rows is a table of no particular tool: every other format is surer."""


def recognises(source: Source) -> float:
    """Whether a file here may have rows."""
    return _LIKELY if has_tables(source) else 0.0


def read(source: Source, columns: Columns) -> Imported:
    """Read the rows of a table. Raises `ImportRefused`, and `UsageError` for wrong columns."""
    return read_table(table_of(source, columns), source, columns)


def read_table(table: Table, source: Source, columns: Columns) -> Imported:
    """Read the rows of this table of the source. Raises `UsageError` for wrong columns."""
    table = _with_json_cells(table, columns)
    _, roles = _columns_and_roles(table, source, columns)
    return Imported(
        format="table",
        rows=partial(_rows, table, roles),
        notes=(*table.remarks, *roles.notes),
    )


def columns_and_roles(source: Source, columns: Columns) -> tuple[Sequence[str], Roles]:
    """The columns of a table, and what each is. Raises the errors of `read`."""
    table = _with_json_cells(table_of(source, columns), columns)
    return _columns_and_roles(table, source, columns)


def _columns_and_roles(
    table: Table, source: Source, columns: Columns
) -> tuple[Sequence[str], Roles]:
    sample = [flat(row.cells) for row in sample_of(table)]
    names = tuple(_flat_columns(table, sample))
    check_width(len(names), table.where)
    return names, roles_of(names, sample, columns, str(source.path))


FORMAT = Format("table", recognises, read)


def _with_json_cells(table: Table, columns: Columns) -> Table:
    """The table with the values of cells in which a tool wrote its inputs and answers as JSON.

    They are those of a CSV or workbook whose column of the inputs has an object in every row.
    """
    sample = [row.cells for row in sample_of(table)] if not columns.are_given else []
    names = [n for n in table.columns if sample and _holds_objects(n, sample)]
    if not any(name.casefold() in _TOOL_INPUTS for name in names):
        return table
    return replace(table, read=partial(_read_json_cells, table, frozenset(names)))


def _holds_objects(name: str, sample: Sequence[Mapping[str, Json]]) -> bool:
    cells = [cells.get(name) for cells in sample]
    texts = [cell for cell in cells if cell is not None]
    if not texts or not all(isinstance(cell, str) and cell[:1] in ("{", "[") for cell in texts):
        return False
    values = map(json_cell, texts)
    return all(isinstance(value, Mapping) or turns_of(value) for value in values)


def _read_json_cells(table: Table, names: frozenset[str]) -> Iterator[TableRow | BrokenRow]:
    for row in table.read():
        if isinstance(row, TableRow):
            cells = {n: json_cell(v) if n in names else v for n, v in row.cells.items()}
            row = replace(row, cells=cells)
        yield row


def flat(cells: Mapping[str, Json]) -> dict[str, Json]:
    """The cells, with the fields of an object as columns of their own: `outer.inner`.

    The rows of a file may spell a column in two Unicode forms.
    """
    found: dict[str, Json] = {}
    for column, value in cells.items():
        if not column.isascii():
            column = normalize("NFC", column)
        if isinstance(value, Mapping) and value:
            found.update({f"{column}.{name}": item for name, item in value.items()})
        else:
            found[column] = value
    return found


def _flat_columns(table: Table, sample: Sequence[Mapping[str, Json]]) -> Sequence[str]:
    seen = dict.fromkeys(column for row in sample for column in row)
    names = (normalize("NFC", name) for name in table.columns)
    in_order = (name for name in names if name in seen or not sample)
    return tuple(dict.fromkeys((*in_order, *seen)))


def _rows(table: Table, roles: Roles) -> Iterator[Row | Listed | Rewritten]:
    used = (*roles.inputs.values(), roles.expected or "", roles.split or "", roles.id or "")
    are_plain = all(map(str.isascii, used))
    is_list = roles.expected is not None and _are_single(table, roles.expected)
    for row in table.read():
        place = table.place(row)
        if isinstance(row, BrokenRow):
            yield Listed(place, "the row", row.why, is_row=True)
            continue
        cells = row.cells
        if not are_plain or any(type(value) is dict for value in cells.values()):
            cells = flat(cells)
        inputs, last = _inputs(cells, roles)
        expected = cells.get(roles.expected) if roles.expected else last
        if is_list and isinstance(expected, list) and len(expected) == 1:
            expected = expected[0]
        split = as_text(cells.get(roles.split)) if roles.split else None
        row_id = as_text(cells.get(roles.id)) if roles.id else None
        yield Row(inputs, place, answer_of(expected), split, row_id or None)


def _are_single(table: Table, column: str) -> bool:
    """Whether the answers are lists of one text each."""
    cells = [flat(row.cells).get(column) for row in sample_of(table)]
    values = [value for value in cells if value is not None and value != []]
    return bool(values) and all(
        isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
        for value in values
    )


def _inputs(cells: Mapping[str, Json], roles: Roles) -> tuple[dict[str, str], str | None]:
    """The inputs, and the answer that a chat among them ends with."""
    inputs: dict[str, str] = {}
    last = None
    for name, column in roles.inputs.items():
        value = cells.get(column)
        if type(value) is str:  # by far the most frequent
            inputs[name] = value
            continue
        turns = turns_of(value) if isinstance(value, list) else None
        if not turns:
            text = as_text(value)
            if text is not None:
                inputs[name] = text
            continue
        if roles.expected is None and turns[-1].role == "assistant":
            last, turns = turns[-1].text, turns[:-1]
        inputs |= chat_inputs(turns)
    return inputs, last
