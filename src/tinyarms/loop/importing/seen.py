"""Which rows came before, in a temporary file, so that a million rows need no more memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, NamedTuple, Self

from tinyarms.core.ids import content_hash
from tinyarms.skills.comparison import composed
from tinyarms.skills.picture import identities


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
        self._rows.execute("CREATE TABLE seen (inputs BLOB PRIMARY KEY, answer BLOB, place TEXT)")
        self._rows.execute("CREATE TABLE ids (id TEXT PRIMARY KEY)")
        self._rows.execute("BEGIN")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rows.close()

    def add(self, inputs: Mapping[str, str], answer: object, where: str) -> Earlier | None:
        """Remember a row; the earlier one with the same inputs, if there is one.

        Outer white space and the Unicode form of the inputs do not count. `answer`: what JSON holds
        of its output and checks.
        """
        texts = {name: composed(value) for name, value in identities(inputs).items()}
        key, value = _digest(texts), _digest(answer)
        added = self._rows.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, value, where)
        )
        if added.rowcount:
            return None
        found = self._rows.execute("SELECT answer, place FROM seen WHERE inputs = ?", (key,))
        earlier, place = found.fetchone()
        return Earlier(str(place), bool(earlier == value))

    def add_id(self, id: str) -> Literal["new", "used"]:
        """Remember an id, and say whether it was there."""
        added = self._rows.execute("INSERT OR IGNORE INTO ids VALUES (?)", (id,))
        return "new" if added.rowcount else "used"


def _digest(value: object) -> bytes:
    return bytes.fromhex(content_hash(value)[:32])
