"""A verbalizer as a prompt file holds it: a line for each word, with its weight for each label."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tinyarms.core.ids import content_hash
from tinyarms.core.text import storable
from tinyarms.skills.verbalizer import Verbalizer

_SHOWN_WORDS = 3
"""Words of each label in a summary. Higher: longer lines for people."""
_SHOWN_LABELS = 4
"""Most labels whose words a summary shows. Higher: longer lines for people."""
_MOST_LINES = 1_000_000
"""Most lines of a table that are read: one for each example of a search at most. Higher: a broken
file takes longer to be refused."""
_LARGEST = 1e6
"""Largest number in a table, in nats. Higher: sums of them may be no number any more."""


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
        # NaN is not within the range either.
        are_numbers = len(numbers) == columns and all(abs(n) <= _LARGEST for n in numbers)
        if not isinstance(key, str) or storable(key) != key or not are_numbers:
            raise ValueError(
                f"line {number} must be a word in quotes and {columns} numbers, none of them "
                f"above {_LARGEST:g}"
            )
        if key in table:
            raise ValueError(f"line {number} has the word of an earlier line")
        table[key] = numbers
    return table


def summary(verbalizer: Verbalizer) -> str:
    """One line for people: how many words it has, a hash, and the words that tell most."""
    count, hash = len(verbalizer.words), content_hash(verbalizer.to_dict())[:8]
    said = [
        f"{label} {', '.join(map(json.dumps, _strongest(verbalizer, number)))}"
        for number, label in enumerate(verbalizer.labels)
    ]
    shown = said if len(said) <= _SHOWN_LABELS else []
    return f"{count} words ({hash})." + (f" For {'; for '.join(shown)}." if shown else "")


def _strongest(verbalizer: Verbalizer, number: int) -> list[str]:
    """The words with the largest weights above 0 for a label."""
    words = verbalizer.words
    ranked = sorted(words, key=lambda word: words[word][number], reverse=True)
    return [word for word in ranked[:_SHOWN_WORDS] if words[word][number] > 0]
