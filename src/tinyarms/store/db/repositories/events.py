"""Events, and whether they have been reported."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import EventRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import records_of
from tinyarms.store.db.tables import daemon_events as table


class Events(Repository):
    """One row per event; a repeated event adds no row."""

    def add(self, event: EventRecord) -> bool:
        """Add it. False, and nothing happens, if its id exists."""
        return insert_record_or_ignore(self._connection, table, event)

    def known(self, ids: Collection[str]) -> set[str]:
        """The ids that exist, among those given."""
        query = select(table.c.id).where(table.c.id.in_(ids))
        return set(self._connection.execute(query).scalars())

    def untold(self) -> list[EventRecord]:
        """The events not reported yet, in order."""
        query = select(table).where(table.c.told_at.is_(None)).order_by(table.c.sequence)
        return records_of(EventRecord, self._connection.execute(query))

    def told(self, event_id: str, now: datetime) -> None:
        """Mark it as reported. Raises `ConflictError` if there is no such event."""
        where, columns = table.c.id == event_id, {"told_at": now}
        self._update_one(table, where, f"event {event_id}", columns)

    def newest(self, limit: int, skill: str | None = None) -> list[EventRecord]:
        """The newest `limit` events of all skills or of one, oldest first."""
        query = select(table).order_by(table.c.sequence.desc()).limit(limit)
        if skill is not None:
            query = query.where(table.c.skill == skill)
        rows = self._connection.execute(query).all()
        return records_of(EventRecord, reversed(rows))
