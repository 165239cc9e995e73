"""Promotion intents: what is decided, until files and database agree on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tinyarms.store.dialects import insert_or_ignore
from tinyarms.store.records import IntentRecord
from tinyarms.store.repositories.base import Repository, from_row, to_row
from tinyarms.store.tables import promotion_intents as table


class Intents(Repository):
    """Written before the files are touched, done after."""

    def add(self, intent: IntentRecord) -> None:
        """Add it; nothing happens if its id is there."""
        insert_or_ignore(self._connection, table, to_row(intent))

    def pending(self) -> list[IntentRecord]:
        """Those that are not done, oldest first."""
        query = select(table).where(table.c.state == "intent")
        rows = self._connection.execute(query.order_by(table.c.created_at, table.c.id))
        return [from_row(IntentRecord, row) for row in rows]

    def done(self, intent_id: str, now: datetime) -> None:
        """Mark it done. Raises `ConflictError` if there is no such intent."""
        columns = {"state": "done", "done_at": now}
        self._update_one(table, table.c.id == intent_id, f"intent {intent_id}", columns)
