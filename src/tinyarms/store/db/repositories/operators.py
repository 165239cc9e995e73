"""Results of each operator in a search, and what other skills can learn from them."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from tinyarms.store.db.records import OperatorRecord, SessionState
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import records_of, to_row
from tinyarms.store.db.tables import operators as table
from tinyarms.store.db.tables import sessions

_SEARCHING = (SessionState.SEARCHING, SessionState.READY)


class Operators(Repository):
    """One row per operator and session, updated while the search runs."""

    def put(self, record: OperatorRecord) -> None:
        """Add it or replace it."""
        row = to_row(record)
        same = (table.c.session_id == record.session_id) & (table.c.operator == record.operator)
        if not self._connection.execute(update(table).where(same).values(row)).rowcount:
            self._connection.execute(insert(table).values(row))

    def all(self, session_id: str) -> list[OperatorRecord]:
        """The operators of a session, ordered by name."""
        query = select(table).where(table.c.session_id == session_id).order_by(table.c.operator)
        return records_of(OperatorRecord, self._connection.execute(query))

    def of_other_skills(self, skill: str) -> list[tuple[str, OperatorRecord]]:
        """(skill, operator results) of the newest ended search of each other skill."""
        query = (
            select(sessions.c.skill, table)
            .join(sessions, sessions.c.id == table.c.session_id)
            .where(sessions.c.skill != skill, sessions.c.state.not_in(_SEARCHING))
            .order_by(sessions.c.triggered_at.desc(), sessions.c.id, table.c.operator)
        )
        rows = self._connection.execute(query).all()
        found = records_of(OperatorRecord, rows)
        newest: dict[str, str] = {}
        for row in rows:
            newest.setdefault(row.skill, row.session_id)
        return [
            (row.skill, record)
            for row, record in zip(rows, found, strict=True)
            if newest[row.skill] == row.session_id
        ]
