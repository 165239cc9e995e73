"""The history of versions in production."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from tinyarms.store.db.dialects import announce, insert_record_or_ignore
from tinyarms.store.db.records import HistoryRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import prompt_history as table

# Read every two seconds while tasks come; building a statement takes longer than running it.
_ACTIVE = select(table).where(table.c.skill == bindparam("of"), table.c.active_to.is_(None))


class History(Repository):
    """At most one open row per skill."""

    def activate(self, record: HistoryRecord, accuracy_end: float | None = None) -> None:
        """Open `record`, and close the skill's open row with `accuracy_end` at the same time.

        Nothing happens if a row with its id exists.
        """
        if self._connection.execute(select(table.c.id).where(table.c.id == record.id)).first():
            return
        self._connection.execute(
            update(table)
            .where(table.c.skill == record.skill, table.c.active_to.is_(None))
            .values(active_to=record.active_from, accuracy_end=accuracy_end)
        )
        insert_record_or_ignore(self._connection, table, record)
        announce(self._connection)

    def active(self, skill: str) -> HistoryRecord | None:
        """The open row."""
        row = self._connection.execute(_ACTIVE, {"of": skill}).one_or_none()
        return None if row is None else record_of(HistoryRecord, row)

    def all(self, skill: str) -> list[HistoryRecord]:
        """All rows, oldest first, by version number: it always grows, and clocks may be wrong."""
        query = (
            select(table)
            .where(table.c.skill == skill)
            .order_by(table.c.version, table.c.active_from, table.c.id)
        )
        return records_of(HistoryRecord, self._connection.execute(query))
