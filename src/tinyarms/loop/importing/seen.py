"""Which rows came before, in a temporary file, so that a million rows need no more memory."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Self

from tinyarms.skills.comparison import composed


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
        for table in (
            "seen (inputs BLOB PRIMARY KEY, answer BLOB, place TEXT)",
            "others (inputs BLOB, answer BLOB, place TEXT, PRIMARY KEY (inputs, answer))",
            "ids (id TEXT PRIMARY KEY)",
        ):
            self._rows.execute(f"CREATE TABLE {table} WITHOUT ROWID")
        self._rows.execute("BEGIN")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rows.close()

    def add(self, inputs: Mapping[str, str], answer: Sequence[str], where: str) -> Earlier | None:
        """Remember a row; an earlier one with the same inputs, if there is one: the first with the
        same answer, or else the first of all.

        Outer white space and the Unicode form of the inputs do not count. `answer`: its output and
        checks.
        """
        texts = (text for name in sorted(inputs) for text in (name, composed(inputs[name])))
        key, value = _digest(texts), _digest(answer)
        added = self._rows.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, value, where)
        )
        if added.rowcount:
            return None
        found = self._rows.execute("SELECT answer, place FROM seen WHERE inputs = ?", (key,))
        earlier, place = found.fetchone()
        if earlier == value:
            return Earlier(str(place), is_same=True)
        # Few rows contradict an earlier one, so that a second table costs the others nothing.
        added = self._rows.execute(
            "INSERT OR IGNORE INTO others VALUES (?, ?, ?)", (key, value, where)
        )
        if added.rowcount:
            return Earlier(str(place), is_same=False)
        found = self._rows.execute(
            "SELECT place FROM others WHERE inputs = ? AND answer = ?", (key, value)
        )
        return Earlier(str(found.fetchone()[0]), is_same=True)

    def add_id(self, id: str) -> Literal["new", "used"]:
        """Remember an id, and say whether it was there."""
        added = self._rows.execute("INSERT OR IGNORE INTO ids VALUES (?)", (id,))
        return "new" if added.rowcount else "used"


def _digest(texts: Iterable[str]) -> bytes:
    """Texts have no NUL, so it separates them."""
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=16).digest()
