"""Which rows came before, in a temporary file, so that a million rows need no more memory."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, Literal, NamedTuple, Self, TypeVar

from tinyarms.skills.comparison import composed

Key = TypeVar("Key", bytes, str)
Values = tuple[bytes, str]
"""Digest of the answer, and place."""

_CACHE_KILOBYTES = 16_000
"""Pages of the temporary database in memory. Higher: faster from some 100,000 rows on."""
_FILTER_BYTES = 1 << 22
"""Size of the filter of a table. Higher: fewer questions to it for keys that are new."""
_WRITTEN_TOGETHER = 5_000
"""Keys that are written together. Higher: faster, and more memory."""


class Earlier(NamedTuple):
    """An earlier row with the same inputs."""

    where: str
    is_same: bool
    """Whether its output and checks are the same too."""


class Seen:
    """The rows that came before. Use it with `with`."""

    def __enter__(self) -> Self:
        # An empty name: SQLite keeps it in memory as long as it is small, then in a file.
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self._rows.execute("BEGIN")
        self._inputs: _Keys[bytes] = _Keys(self._rows, "inputs")
        self._others: _Keys[bytes] = _Keys(self._rows, "others")
        self._ids: _Keys[str] = _Keys(self._rows, "ids")
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def add(self, inputs: Mapping[str, str], answer: Sequence[str], where: str) -> Earlier | None:
        """Remember a row; an earlier one with the same inputs, if there is one: the first with the
        same answer, or else the first of all.

        Outer white space and the Unicode form of the inputs do not count. `answer`: its output and
        checks.
        """
        texts = (text for name in sorted(inputs) for text in (name, composed(inputs[name])))
        key, value = _digest(texts), _digest(answer)
        earlier = self._inputs.add(key, (value, where))
        if earlier is None:
            return None
        first, place = earlier
        if first == value:
            return Earlier(place, is_same=True)
        # Few rows contradict an earlier one, so that more keys cost the others nothing.
        same = self._others.add(key + value, (value, where))
        return Earlier(place, is_same=False) if same is None else Earlier(same[1], is_same=True)

    def add_id(self, id: str) -> Literal["new", "used"]:
        """Remember an id, and say whether it was there."""
        return "new" if self._ids.add(id, (b"", "")) is None else "used"


class _Keys(Generic[Key]):
    """Keys with what was remembered with each, in a table of their own.

    Almost all keys are new, so a filter in memory spares the table most questions, and new keys
    are written together.
    """

    def __init__(self, rows: sqlite3.Connection, table: str) -> None:
        rows.execute(f"CREATE TABLE {table} (key PRIMARY KEY, first, second) WITHOUT ROWID")
        self._rows, self._table = rows, table
        self._filter = bytearray(_FILTER_BYTES)
        self._waiting: dict[Key, Values] = {}

    def add(self, key: Key, values: Values) -> Values | None:
        """Remember a key, if it is new; else what was remembered with it."""
        slot = hash(key) % _FILTER_BYTES
        if self._filter[slot]:
            earlier = self._waiting.get(key) or self._stored(key)
            if earlier is not None:
                return earlier
        self._filter[slot] = 1
        self._waiting[key] = values
        if len(self._waiting) == _WRITTEN_TOGETHER:
            self._write()
        return None

    def _stored(self, key: Key) -> Values | None:
        query = f"SELECT first, second FROM {self._table} WHERE key = ?"
        found: Values | None = self._rows.execute(query, (key,)).fetchone()
        return found

    def _write(self) -> None:
        rows = [(key, value[0], value[1]) for key, value in sorted(self._waiting.items())]
        self._rows.executemany(f"INSERT INTO {self._table} VALUES (?, ?, ?)", rows)
        self._waiting.clear()


def _digest(texts: Iterable[str]) -> bytes:
    """Texts have no NUL, so it separates them."""
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=16).digest()
