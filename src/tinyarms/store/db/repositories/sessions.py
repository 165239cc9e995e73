"""Evolution sessions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.repositories.base import Repository, from_row, to_row
from tinyarms.store.db.tables import sessions as table


class Sessions(Repository):
    """From trigger to promoted, kept or cancelled."""

    def add(self, session: SessionRecord) -> None:
        """Raises `ConflictError` (at the unit of work) if the id is taken."""
        self._connection.execute(insert(table).values(to_row(session)))

    def get(self, session_id: str) -> SessionRecord | None:
        """The session with this id."""
        row = self._connection.execute(select(table).where(table.c.id == session_id)).one_or_none()
        return None if row is None else from_row(SessionRecord, row)

    def update(self, session_id: str, **columns: Any) -> None:
        """Set columns, named like the fields of the record. Raises `ConflictError` if not there."""
        what = f"evolution session {session_id}"
        self._update_one(table, table.c.id == session_id, what, columns)

    def open(self, skill: str) -> SessionRecord | None:
        """The active session; the newest if there are several."""
        return self._newest(skill, table.c.status == "active")

    def latest(self, skill: str) -> SessionRecord | None:
        """The newest session, whatever its status."""
        return self._newest(skill)

    def all(self, skill: str) -> list[SessionRecord]:
        """All sessions, oldest first."""
        query = select(table).where(table.c.skill == skill)
        rows = self._connection.execute(query.order_by(table.c.triggered_at, table.c.id))
        return [from_row(SessionRecord, row) for row in rows]

    def _newest(self, skill: str, *conditions: Any) -> SessionRecord | None:
        query = select(table).where(table.c.skill == skill, *conditions)
        query = query.order_by(table.c.triggered_at.desc(), table.c.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else from_row(SessionRecord, row)
