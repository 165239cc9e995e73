"""What users said of tasks."""

from __future__ import annotations

from tinyarms.store.dialects import insert_or_ignore, one_at_a_time
from tinyarms.store.records import FeedbackRecord
from tinyarms.store.repositories.base import Repository, to_row
from tinyarms.store.tables import feedback as table


class Feedback(Repository):
    """Kept even if its task never comes."""

    def add(self, feedback: FeedbackRecord) -> bool:
        """Add it; False if it is there. The caller sets the task's outcome with it."""
        one_at_a_time(self._connection, "task", feedback.task_id)
        return insert_or_ignore(self._connection, table, to_row(feedback))
