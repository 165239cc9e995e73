"""What users said of tasks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update

from tinyarms.store.db.dialects import insert_or_ignore, one_at_a_time
from tinyarms.store.db.records import FeedbackRecord, Standing
from tinyarms.store.db.repositories.base import Repository, from_row, to_row
from tinyarms.store.db.tables import feedback as table


class Feedback(Repository):
    """Kept even if its task never comes."""

    def add(self, feedback: FeedbackRecord) -> bool:
        """Add it; False if it is there. The caller settles it, and sets the task's outcome."""
        one_at_a_time(self._connection, "task", feedback.task_id)
        return insert_or_ignore(self._connection, table, to_row(feedback))

    def get(self, feedback_id: str) -> FeedbackRecord | None:
        """The feedback with this id."""
        query = select(table).where(table.c.id == feedback_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else from_row(FeedbackRecord, row)

    def of(self, task_id: str) -> list[FeedbackRecord]:
        """All feedback on a task, oldest first."""
        query = select(table).where(table.c.task_id == task_id)
        rows = self._connection.execute(query.order_by(table.c.created_at, table.c.id)).all()
        return [from_row(FeedbackRecord, row) for row in rows]

    def newest_users(self, skill: str, since: datetime, limit: int) -> list[str]:
        """Whose the newest counted feedback on the skill is; "" for nobody named.

        Until the end of this unit of work no other one settles feedback on the skill.
        """
        one_at_a_time(self._connection, "outcomes", skill)
        query = (
            select(func.coalesce(table.c.user, ""))
            .where(*_settled(skill, "counted", since))
            .order_by(table.c.settled_at.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def settle(
        self, feedback_id: str, skill: str, user: str | None, standing: Standing, at: datetime
    ) -> None:
        """Note whether it counts. Its task is there, and it was not settled before."""
        statement = update(table).where(table.c.id == feedback_id)
        self._connection.execute(
            statement.values(skill=skill, user=user, standing=standing, settled_at=at)
        )

    def over_cap(self, skill: str, since: datetime, limit: int) -> int:
        """How much feedback on the skill was settled since then and does not count; up to
        `limit`."""
        newest = select(table.c.id).where(*_settled(skill, "over_cap", since)).limit(limit)
        query = select(func.count()).select_from(newest.subquery())
        return self._connection.execute(query).scalar_one()


def first_said(task_id: ColumnElement[str]) -> ScalarSelect[datetime | None]:
    """When the first feedback on a task came that may count: for use in another query."""
    counts = table.c.standing.is_(None) | (table.c.standing != "over_cap")
    query = select(func.min(table.c.created_at)).where(table.c.task_id == task_id, counts)
    return query.scalar_subquery()


def _settled(skill: str, standing: Standing, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (table.c.skill == skill, table.c.standing == standing, table.c.settled_at >= since)
