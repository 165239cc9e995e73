"""The daemon's state of each skill."""

from __future__ import annotations

from sqlalchemy import select, update

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.records import WatchRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, to_row
from tinyarms.store.db.tables import watches as table


class Watches(Repository):
    """One row per skill that the daemon has checked."""

    def get(self, skill: str) -> WatchRecord | None:
        """The skill's row."""
        row = self._connection.execute(select(table).where(table.c.skill == skill)).one_or_none()
        return None if row is None else record_of(WatchRecord, row)

    def put(self, watch: WatchRecord) -> None:
        """Add it or replace it."""
        row = to_row(watch)
        if not insert_or_ignore(self._connection, table, row):
            self._connection.execute(update(table).where(table.c.skill == watch.skill).values(row))
