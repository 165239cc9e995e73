"""Users' feedback on tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select, update

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import COUNTS, UNCOUNTED, FeedbackRecord, Standing
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import feedback as table
from tinyarms.store.db.tables import tasks

# Each task asks this, and building it takes longer than running it.
_OF_TASK = (
    select(table)
    .where(table.c.task_id == bindparam("task_id"))
    .order_by(table.c.created_at, table.c.id)
)
_TASKS_WITH_ANY = select(table.c.task_id).where(
    table.c.task_id.in_(bindparam("ids", expanding=True))
)


class Feedback(Repository):
    """Feedback is kept even if its task never comes."""

    def add(self, feedback: FeedbackRecord) -> bool:
        """Add it; False if it exists. The caller settles it and sets the task's outcome."""
        return insert_record_or_ignore(self._connection, table, feedback)

    def get(self, feedback_id: str) -> FeedbackRecord | None:
        """The feedback with this id."""
        query = select(table).where(table.c.id == feedback_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else record_of(FeedbackRecord, row)

    def of(self, task_id: str) -> list[FeedbackRecord]:
        """All feedback on a task, oldest first."""
        rows = self._connection.execute(_OF_TASK, {"task_id": task_id}).all()
        return records_of(FeedbackRecord, rows)

    def tasks_with_any(self, task_ids: Sequence[str]) -> set[str]:
        """The ids of those of the tasks on which there is feedback."""
        return set(self._connection.scalars(_TASKS_WITH_ANY, {"ids": task_ids}))

    def corrections(self, task_ids: Sequence[str]) -> dict[str, str]:
        """Task → the right output that the newest correction that counts has named."""
        query = (
            select(table.c.task_id, table.c.correction)
            .where(
                table.c.task_id.in_(task_ids),
                table.c.correction.is_not(None),
                table.c.standing.in_(COUNTS),
            )
            .order_by(table.c.created_at, table.c.id)
        )
        return {row.task_id: row.correction for row in self._connection.execute(query)}

    def newest_users(self, skill: str, since: datetime, limit: int) -> list[str]:
        """The users of the newest counted feedback on the skill; feedback without a name is left
        out."""
        query = (
            select(table.c.user)
            .where(
                *_settled(skill, "counted", since), table.c.user.is_not(None), table.c.user != ""
            )
            .order_by(table.c.settled_at.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def settle(
        self, feedback_id: str, skill: str, user: str | None, standing: Standing, at: datetime
    ) -> None:
        """Store whether it counts. Its task must exist, and it must not be settled yet."""
        statement = update(table).where(table.c.id == feedback_id)
        self._connection.execute(
            statement.values(skill=skill, user=user, standing=standing, settled_at=at)
        )

    def uncounted(self, skill: str, since: datetime, limit: int) -> int:
        """The number, up to `limit`, of uncounted pieces of feedback on the skill settled since
        then."""
        return min(limit, sum(len(self._newest(skill, s, since, limit)) for s in UNCOUNTED))

    def newest_known(self, skill: str, since: datetime, limit: int) -> list[bool]:
        """For the newest tasks with feedback, whether the outcome is known. It is not if the
        feedback does not count."""
        standings: tuple[Standing, ...] = ("counted", *UNCOUNTED)
        rows = [row for s in standings for row in self._newest(skill, s, since, limit)]
        newest = {task_id: None for _, task_id in sorted(rows, reverse=True)}
        reported = list(newest)[:limit]
        query = select(tasks.c.id).where(tasks.c.id.in_(reported), tasks.c.success.is_not(None))
        known = set(self._connection.execute(query).scalars())
        return [task_id in known for task_id in reported]

    def _newest(
        self, skill: str, standing: Standing, since: datetime, limit: int
    ) -> Sequence[tuple[datetime, str]]:
        query = select(table.c.settled_at, table.c.task_id)
        query = query.where(*_settled(skill, standing, since))
        newest = query.order_by(table.c.settled_at.desc()).limit(limit)
        return self._connection.execute(newest).all()


def first_feedback_at(task_id: ColumnElement[str]) -> ScalarSelect[datetime | None]:
    """The time of a task's first feedback that may count, as a subquery."""
    counts = table.c.standing.is_(None) | table.c.standing.in_(COUNTS)
    query = select(func.min(table.c.created_at)).where(table.c.task_id == task_id, counts)
    return query.scalar_subquery()


def _settled(skill: str, standing: Standing, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (table.c.skill == skill, table.c.standing == standing, table.c.settled_at >= since)
