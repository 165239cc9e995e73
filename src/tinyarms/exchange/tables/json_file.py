"""Read JSON: one object a line, an array of objects, an object that has such an array, or one of
columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten
from tinyarms.exchange.tables.json_text import JsonText, check_depth, why_no_json
from tinyarms.exchange.tables.table import BrokenRow, Json, Row, Table
from tinyarms.exchange.tables.text_file import checked_encoding, encoding_of, lines_of, open_text
from tinyarms.skills.example import without_repeats

_SAMPLE_ROWS = 1000
"""Rows whose keys become the columns. A key that only later rows have is no column."""
_DEEPEST = 2
"""Objects inside the one of the file in which rows are looked for."""
_OBJECT = 'Write one JSON object per line: {"text": "…", "label": "…"}.'


def open_json(path: Path, *, encoding: str | None = None) -> Table:
    """A file of JSON objects as a table; raises `ImportRefused`.

    The objects are one a line, elements of an array, or elements of the first array of objects that
    is a field of the one object in the file, or of an object inside it, as in the answer of an API.
    """
    code = checked_encoding(encoding) if encoding else encoding_of(path)
    read = partial(_rows_of(path, code), path, code)
    columns: dict[str, None] = {}
    for row in islice(read(), _SAMPLE_ROWS):
        if isinstance(row, Row):
            columns.update(dict.fromkeys(row.cells))
    if not columns:
        first = next(read(), None)
        rows = _as_columns(path, code) if first is None else []
        if not rows:
            raise _no_rows(path, first)
        numbered = [Row(number, row) for number, row in enumerate(rows, start=1)]
        remark = "Its one object is read as a table."
        return Table(str(path), tuple(rows[0]), lambda: iter(numbered), "row", (remark,))
    remarks = () if code in ("utf-8", "utf-8-sig") else (f"It is read as {code}.",)
    return Table(str(path), tuple(columns), read, "line", remarks)


_Read = Callable[[Path, str], Iterator[Row | BrokenRow]]


def _rows_of(path: Path, code: str) -> _Read:
    """How the rows of a file are read, by its beginning."""
    with open_text(path, code) as file:
        text = JsonText(file, str(path))
        start = text.peek()
        if start == "[":
            return _read_array
        if start != "{":
            return _read_lines
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return _read_lines
    with open_text(path, code) as file:
        try:
            first = next((line for line in lines_of(file, str(path)) if line.strip()), "")
            json.loads(first)
            more = next((line for line in lines_of(file, str(path)) if line.strip()), "")
        except (ImportRefused, ValueError, RecursionError):
            return (
                _read_field  # an object over several lines, or over one that is too long for rows
            )
    return _read_lines if more else _read_field


def _read_lines(path: Path, code: str) -> Iterator[Row | BrokenRow]:
    decode = json.JSONDecoder(
        object_pairs_hook=without_repeats, parse_constant=lambda _: None
    ).decode
    with open_text(path, code) as file:
        for number, line in enumerate(lines_of(file, str(path)), start=1):
            if not line.strip():
                continue
            try:
                value = decode(line)
                check_depth(line)
            except json.JSONDecodeError as error:
                yield BrokenRow(number, f"no JSON ({error.msg}, column {error.colno})")
            except (ValueError, RecursionError) as error:
                yield BrokenRow(number, f"no JSON ({why_no_json(error)})")
            else:
                yield _row(value, number)


def _read_array(path: Path, code: str) -> Iterator[Row | BrokenRow]:
    with open_text(path, code) as file:
        text = JsonText(file, str(path))
        for number, value in text.elements():
            yield _row(value, number)
        if text.peek():
            yield BrokenRow(text.line, "something follows the array")


def _read_field(path: Path, code: str) -> Iterator[Row | BrokenRow]:
    """The rows of an array that is a field of the object, or else of an object inside it."""
    for depth in (0, _DEEPEST):
        with open_text(path, code) as file:
            text = JsonText(file, str(path))
            if text.peek() == "{" and (yield from _rows_of_fields(text, depth)):
                return
            if text.peek():
                yield BrokenRow(text.line, "something follows the object")
                return


def _rows_of_fields(text: JsonText, depth: int) -> Generator[Row | BrokenRow, None, bool]:
    """The elements of the first array of objects. Returns whether there is one."""
    for _ in text.fields():
        start = text.peek()
        if start == "{" and depth:
            if (yield from _rows_of_fields(text, depth - 1)):
                return True
            continue
        if start != "[":
            _skip(text, _DEEPEST)
            continue
        elements = text.elements()
        first = next(elements, None)
        if first is None or not isinstance(first[1], Mapping):
            for _ in elements:
                pass
            continue
        yield Row(first[0], first[1])
        for number, value in elements:
            yield _row(value, number)
        return True
    return False


def _skip(text: JsonText, depth: int) -> None:
    """Go past a value. An array inside of it may be longer than one value can be."""
    start = text.peek()
    if start == "{" and depth:
        for _ in text.fields():
            _skip(text, depth - 1)
    elif start == "[":
        for _ in text.elements():
            pass
    else:
        text.value()


def _as_columns(path: Path, code: str) -> list[dict[str, Json]]:
    """The rows of an object as `pandas` and `datasets` write it: a list or an object for each
    column, an object for each row, or `columns` and `data`. Empty: it is none."""
    with open_text(path, code) as file:
        value = JsonText(file, str(path)).value()
    if not isinstance(value, Mapping) or not value:
        return []
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list):
        are_rows = all(isinstance(row, list) and len(row) == len(names) for row in data)
        return [dict(zip(map(str, names), row, strict=True)) for row in data] if are_rows else []
    columns = list(value.values())
    if all(isinstance(column, list) for column in columns):
        are_even = len(set(map(len, columns))) == 1
        cells = zip(*columns, strict=True) if are_even else ()
        return [dict(zip(map(str, value), row, strict=True)) for row in cells]
    if not all(isinstance(column, Mapping) and column for column in columns):
        return []
    keys = list(columns[0])
    if not all(list(column) == keys for column in columns):
        return []
    if all(key.isdigit() for key in keys):
        return [{str(name): column[key] for name, column in value.items()} for key in keys]
    return [dict(row) for row in columns]


def _row(value: Json, number: int) -> Row | BrokenRow:
    if isinstance(value, Mapping):
        return Row(number, value)
    shown = shorten(json.dumps(value, ensure_ascii=False), 40)
    return BrokenRow(number, f"not an object, but {shown}")


def _no_rows(path: Path, first: Row | BrokenRow | None) -> ImportRefused:
    if isinstance(first, BrokenRow):
        return ImportRefused(f"{path}, line {first.number}: {first.why}.", _OBJECT)
    return ImportRefused(f"{path}: there are no rows in it.", _OBJECT)
