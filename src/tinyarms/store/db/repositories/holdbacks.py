"""Holdbacks and their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from tinyarms.store.db.dialects import announce, insert_record_or_ignore
from tinyarms.store.db.records import (
    HeldRecord,
    HoldbackRecord,
    HoldbackResult,
    HoldbackTaskRecord,
)
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.repositories.feedback import first_feedback_at
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import holdback_tasks, tasks
from tinyarms.store.db.tables import holdbacks as table

_NEWEST = select(table).order_by(table.c.began_at.desc(), table.c.id.desc()).limit(1)
# Each task and vote runs it, and building a statement takes longer than running it.
_OPEN = _NEWEST.where(table.c.skill == bindparam("of"), table.c.ended_at.is_(None))


class Holdbacks(Repository):
    """At most one open row per skill."""

    def add(self, holdback: HoldbackRecord) -> None:
        """Add it, unless its id exists."""
        insert_record_or_ignore(self._connection, table, holdback)
        announce(self._connection)

    def open(self, skill: str) -> HoldbackRecord | None:
        """The skill's undecided holdback."""
        row = self._connection.execute(_OPEN, {"of": skill}).one_or_none()
        return None if row is None else record_of(HoldbackRecord, row)

    def all(self, skill: str) -> list[HoldbackRecord]:
        """All holdbacks of a skill, oldest first."""
        query = select(table).where(table.c.skill == skill)
        return records_of(
            HoldbackRecord,
            self._connection.execute(query.order_by(table.c.began_at, table.c.id)).all(),
        )

    def last_rollback(self, skill: str) -> datetime | None:
        """When a prompt of the skill was last rolled back automatically."""
        newest = self._newest(table.c.skill == skill, table.c.result == "rolled_back")
        return None if newest is None else newest.ended_at

    def end(
        self,
        holdback_id: str,
        result: HoldbackResult,
        reason: str,
        now: datetime,
        *,
        new: Sequence[bool],
        reference: Sequence[bool],
    ) -> None:
        """End it with a result and the outcomes (successes) of both versions.

        Raises `ConflictError` if there is no such holdback.
        """
        columns = {
            "ended_at": now,
            "result": result,
            "reason": reason,
            "new_n": len(new),
            "new_successes": sum(new),
            "reference_n": len(reference),
            "reference_successes": sum(reference),
        }
        where, row_name = table.c.id == holdback_id, f"holdback {holdback_id}"
        self._update_one(table, where, row_name, columns)
        announce(self._connection)

    def add_task(self, task: HoldbackTaskRecord) -> None:
        """Add and count it, unless it exists."""
        if not insert_record_or_ignore(self._connection, holdback_tasks, task):
            return
        counts = {"tasks": table.c.tasks + 1}
        if task.reference:
            counts["reference_tasks"] = table.c.reference_tasks + 1
        where = table.c.id == task.holdback_id
        self._connection.execute(update(table).where(where).values(**counts))

    def outcomes(self, holdback_id: str, limit: int) -> list[HeldRecord]:
        """The first `limit` outcomes, in the order in which they became known."""
        feedback_at = first_feedback_at(holdback_tasks.c.task_id)
        query = (
            select(
                holdback_tasks.c.reference,
                tasks.c.success,
                holdback_tasks.c.share,
                tasks.c.created_at,
                feedback_at.label("feedback_at"),
            )
            .join(tasks, tasks.c.id == holdback_tasks.c.task_id)
            .where(holdback_tasks.c.holdback_id == holdback_id, tasks.c.success.is_not(None))
            .order_by(holdback_tasks.c.created_at, holdback_tasks.c.task_id)
        )
        rows = self._connection.execute(query).all()
        in_order = sorted(
            rows, key=lambda row: max(row.created_at, row.feedback_at or row.created_at)
        )
        return [HeldRecord(row.reference, row.success, row.share) for row in in_order[:limit]]

    def _newest(self, *conditions: Any) -> HoldbackRecord | None:
        row = self._connection.execute(_NEWEST.where(*conditions)).one_or_none()
        return None if row is None else record_of(HoldbackRecord, row)
