"""What users said of tasks."""

from __future__ import annotations

from sqlalchemy import select

from tinyarms.store.dialects import insert_or_ignore, one_at_a_time
from tinyarms.store.records import FeedbackRecord
from tinyarms.store.repositories.base import Repository, from_row, to_row
from tinyarms.store.tables import feedback as table


class Feedback(Repository):
    """Kept even if its task never comes."""

    def add(self, feedback: FeedbackRecord) -> bool:
        """Add it; False if it is there. The caller sets the task's outcome with it."""
        one_at_a_time(self._connection, "task", feedback.task_id)
        return insert_or_ignore(self._connection, table, to_row(feedback))

    def of(self, task_id: str) -> list[FeedbackRecord]:
        """All feedback on a task, oldest first."""
        query = select(table).where(table.c.task_id == task_id)
        rows = self._connection.execute(query.order_by(table.c.created_at, table.c.id))
        return [from_row(FeedbackRecord, row) for row in rows]
