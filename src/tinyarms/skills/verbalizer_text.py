"""A verbalizer as a prompt file holds it: a line for each word, with its weight for each label."""

from __future__ import annotations

import json
from collections.abc import Mapping

_MOST_LINES = 10_000
"""Most lines of a table that are read. Higher: a broken file takes longer to be refused."""


def lines_of(table: Mapping[str, tuple[float, ...]]) -> str:
    """The table as text: on each line a JSON string and the numbers.

    Examples
    --------
    >>> from tinyarms.skills.verbalizer_text import lines_of, table_of
    >>> text = lines_of({" Great": (-0.25, 0.25), "Sorry": (0.5, -0.5)})
    >>> print(text, end="")
    " Great" -0.25 0.25
    "Sorry" 0.5 -0.5
    >>> table_of(text, columns=2)
    {' Great': (-0.25, 0.25), 'Sorry': (0.5, -0.5)}
    """
    rows = (f"{json.dumps(key)} {' '.join(map(repr, numbers))}" for key, numbers in table.items())
    return "".join(f"{row}\n" for row in rows)


def table_of(text: str, columns: int) -> dict[str, tuple[float, ...]]:
    """The inverse of `lines_of`.

    Raises `ValueError`, whose text says what is wrong with which line, counted from 1.
    """
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise ValueError(f"must have at most {_MOST_LINES} lines")
    table: dict[str, tuple[float, ...]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            key, end = json.JSONDecoder().raw_decode(line)
            numbers = tuple(map(float, line[end:].split()))
        except (ValueError, RecursionError):
            key, numbers = None, ()
        # A number that is not finite differs from itself, or has no difference to itself.
        if not isinstance(key, str) or len(numbers) != columns or any(n - n != 0 for n in numbers):
            raise ValueError(f"line {number} must be a word in quotes and {columns} numbers")
        table[key] = numbers
    return table
