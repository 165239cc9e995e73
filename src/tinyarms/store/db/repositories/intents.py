"""Release intents: decided releases, until files and database agree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from tinyarms.release.plan import ReleaseCause
from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import IntentRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import promotion_intents as table

_PENDING = select(table).where(table.c.state == "intent").order_by(table.c.created_at, table.c.id)
# Each vote runs it while all others wait, and building a statement takes longer than running it.
_PENDING_OF = _PENDING.where(table.c.skill == bindparam("of"))


class Intents(Repository):
    """An intent is stored before the files are written, and marked done afterwards."""

    def add(self, intent: IntentRecord) -> None:
        """Add it, unless its id exists."""
        insert_record_or_ignore(self._connection, table, intent, kind=intent.kind)

    def get(self, intent_id: str) -> IntentRecord | None:
        """The intent with this id."""
        row = self._connection.execute(select(table).where(table.c.id == intent_id)).one_or_none()
        return None if row is None else record_of(IntentRecord, row)

    def pending(self, skill: str | None = None) -> list[IntentRecord]:
        """The intents of all skills or of one that are not done, oldest first."""
        found = (
            self._connection.execute(_PENDING)
            if skill is None
            else self._connection.execute(_PENDING_OF, {"of": skill})
        )
        return records_of(IntentRecord, found.all())

    def carried_out(self, skill: str) -> list[IntentRecord]:
        """The done intents of a skill, oldest first."""
        query = select(table).where(table.c.state != "intent", table.c.skill == skill)
        return records_of(
            IntentRecord,
            self._connection.execute(query.order_by(table.c.created_at, table.c.id)).all(),
        )

    def causes(self, skill: str) -> dict[str, ReleaseCause]:
        """Id of each intent of a skill → its cause."""
        query = select(table.c.id, table.c.cause).where(table.c.skill == skill)
        return {row.id: row.cause for row in self._connection.execute(query).all()}

    def done(self, intent_id: str, now: datetime, *, resumed: bool = False) -> None:
        """Mark it done. Raises `ConflictError` if there is no such intent.

        `resumed`: whether another process decided it.
        """
        columns = {"state": "resumed" if resumed else "done", "done_at": now}
        self._update_one(table, table.c.id == intent_id, f"intent {intent_id}", columns)

    def withdraw(self, intent_id: str) -> None:
        """Remove an intent that is not done, if there is one."""
        unfinished = table.c.id == intent_id, table.c.state == "intent"
        self._connection.execute(delete(table).where(*unfinished))
