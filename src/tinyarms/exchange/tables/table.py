"""A table: named columns, and rows that can be read more than once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unicodedata import normalize

from tinyarms.core.errors import ImportRefused

Json = Any
"""A JSON value: a text, a number, a truth value, `None`, a list, or a mapping with texts as keys.

A number of which the writing matters comes as the text that was written."""

MOST_CELL_CHARACTERS = 1_000_000
"""Most characters of a row. Higher: longer inputs, if a model accepts them."""

MOST_COLUMNS = 2_000
"""Most columns of a table. Higher: longer waits, since each is looked at."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    number: int
    """Where it begins: the line of a text file, or the row of a sheet, from 1."""
    cells: Mapping[str, Json]
    """Column → value; `None`: missing."""
    where: str = ""
    """Where it is, if its table comes from several files; else empty."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be used."""

    number: int
    """Where it begins, as in `Row`."""
    why: str
    """What is wrong with it, as a sentence without its full stop."""
    where: str = ""
    """As in `Row`."""


@dataclass(frozen=True)
class Table:
    """A file of rows. Reading it is lazy, in bounded memory, and may be repeated."""

    where: str
    """The file, for messages."""
    columns: tuple[str, ...]
    """The names of the columns, in their order."""
    read: Callable[[], Iterator[Row | BrokenRow]]
    """The rows, and those that cannot be used. Raises `ImportRefused`."""
    unit: Literal["line", "row"] = "line"
    """What the number of a row counts."""
    remarks: tuple[str, ...] = ()
    """What was found out or changed, one sentence each: encoding, delimiter, names."""

    def place(self, row: Row | BrokenRow) -> str:
        """Where a row is, to begin a message.

        Examples
        --------
        >>> from tinyarms.exchange.tables.table import Row, Table
        >>> Table("reviews.csv", ("text",), read=lambda: iter(())).place(Row(3, {}))
        'reviews.csv, line 3'
        """
        return row.where or f"{self.where}, {self.unit} {row.number}"


def check_width(n: int, where: str) -> None:
    """Raises `ImportRefused`, which begins with `where`, for too many columns."""
    if n > MOST_COLUMNS:
        raise ImportRefused(
            f"{where}: has {n:,} columns.", f"At most {MOST_COLUMNS:,} are read; leave some out."
        )


def as_text(value: Json) -> str | None:
    """A value as the text of an input or answer; `None` if it is missing.

    A number has the form that people write, and an object its keys in their order.

    Examples
    --------
    >>> from tinyarms.exchange.tables.table import as_text
    >>> as_text("Yes"), as_text(24.01), as_text(5.0), as_text(True), as_text(None)
    ('Yes', '24.01', '5', 'true', None)
    >>> as_text({"b": [1, "é"], "a": 2})
    '{"a": 2, "b": [1, "é"]}'
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def same_name(wanted: str, names: Iterable[str]) -> str | None:
    """The name that is meant: the same one, else the only one that differs in its case, its outer
    blanks or its Unicode form.

    Examples
    --------
    >>> from tinyarms.exchange.tables.table import same_name
    >>> same_name("gro\u0308\u00dfe", ["Gr\u00f6\u00dfe", "Farbe"]), same_name("a", ["A", "a "])
    ('Größe', None)
    """
    names = list(names)
    if wanted in names:
        return wanted
    alike = [name for name in names if _name_key(name) == _name_key(wanted)]
    return alike[0] if len(alike) == 1 else None


def _name_key(name: str) -> str:
    return normalize("NFKC", normalize("NFKC", name).casefold()).strip()


def unique_names(
    names: Sequence[str], where: str = "the table"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of columns without gaps and repetitions, and a sentence for each change.

    Raises `ImportRefused`, which begins with `where`, for too many columns.

    Examples
    --------
    >>> from tinyarms.exchange.tables.table import unique_names
    >>> unique_names(["text", "", "text"])  # doctest: +NORMALIZE_WHITESPACE
    (('text', 'column_2', 'text_2'),
     ('Column 2 has no name; it is called column_2.',
      "Column 3 repeats the name 'text'; it is called text_2."))
    """
    check_width(len(names), where)
    made: list[str] = []
    remarks: list[str] = []
    taken = {name.strip() for name in names}
    for number, raw in enumerate(names, start=1):
        name = raw.strip()
        if name and name not in made:
            made.append(name)
            continue
        stem, first = (name, 2) if name else ("column", number)
        new = next(
            f"{stem}_{n}"
            for n in range(first, first + len(names) + 1)
            if f"{stem}_{n}" not in taken and f"{stem}_{n}" not in made
        )
        why = f"repeats the name {name!r}" if name else "has no name"
        remarks.append(f"Column {number} {why}; it is called {new}.")
        made.append(new)
    return tuple(made), tuple(remarks)
