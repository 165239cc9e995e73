"""Find rows that may be pruned, and prune them in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, delete, func, or_, select

from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import (
    ab_test_results,
    assignments,
    ballot_options,
    ballots,
    evaluations,
    feedback,
    grades,
    holdback_tasks,
    model_calls,
    prompt_history,
    tasks,
    unanswered_calls,
    votes,
)


@dataclass(frozen=True)
class PrunableRows:
    """Rows of one table that may be pruned."""

    table: Table
    key: Column[Any]
    """Unique within these rows."""
    conditions: tuple[ColumnElement[bool], ...]
    by: Column[Any]
    """Order of the batches, then `key`. It must follow an index."""


class RowCursor(NamedTuple):
    """Position of a row in the order of the batches."""

    at: Any
    key: Any


class Retention(Repository):
    """Finds old rows and deletes them. The caller decides which rows must stay."""

    def skills(self) -> list[str]:
        """All skills that ever had a prompt in production, even if they are no longer declared."""
        query = select(prompt_history.c.skill).distinct().order_by(prompt_history.c.skill)
        return list(self._connection.execute(query).scalars())

    def task_ids(self, session_id: str) -> set[str]:
        """Ids of the tasks of a session's live test."""
        ids: set[str] = set()
        for table in (assignments, ballots):
            query = select(table.c.task_id).where(table.c.session_id == session_id)
            ids |= set(self._connection.execute(query).scalars())
        return ids

    def tasks(self, skill: str, before: datetime) -> PrunableRows:
        """A skill's tasks from before this time, with their feedback."""
        old = (tasks.c.skill == skill, tasks.c.created_at < before)
        return PrunableRows(tasks, tasks.c.id, old, tasks.c.created_at)

    def feedback(self, before: datetime) -> PrunableRows:
        """Feedback from before this time on tasks that do not exist."""
        no_task = ~select(tasks.c.id).where(tasks.c.id == feedback.c.task_id).exists()
        old = (feedback.c.created_at < before, no_task)
        return PrunableRows(feedback, feedback.c.id, old, feedback.c.created_at)

    def tasks_of_holdback(self, holdback_id: str) -> PrunableRows:
        """The rows that say which prompt served each task of a holdback."""
        of_holdback = (holdback_tasks.c.holdback_id == holdback_id,)
        return PrunableRows(
            holdback_tasks, holdback_tasks.c.task_id, of_holdback, holdback_tasks.c.task_id
        )

    def of_session(self, table: Table, session_id: str) -> PrunableRows:
        """A session's rows in one of `SESSION_TABLES`."""
        key = table.c.ordinal if "ordinal" in table.c else table.c.id
        return PrunableRows(table, key, (table.c.session_id == session_id,), key)

    def ballots(self, skill: str, session_id: str, newest: int) -> PrunableRows:
        """A session's ballots with their votes, except those of the skill's `newest` votes."""
        query = select(votes.c.sequence).join(ballots, ballots.c.id == votes.c.ballot_id)
        query = query.where(ballots.c.skill == skill).order_by(votes.c.sequence.desc())
        sequences = self._connection.execute(query.limit(newest)).scalars().all()
        voted_lately = select(votes.c.ballot_id).where(
            votes.c.ballot_id == ballots.c.id, votes.c.sequence >= min(sequences, default=0)
        )
        old = (ballots.c.session_id == session_id, ~voted_lately.exists())
        return PrunableRows(ballots, ballots.c.id, old, ballots.c.id)

    def batch(self, group: PrunableRows, after: RowCursor | None, limit: int) -> list[RowCursor]:
        """The next `limit` rows after the cursor."""
        query = select(group.by.label("at"), group.key.label("key")).where(*group.conditions)
        if after is not None:
            beyond = or_(group.by > after.at, group.key > after.key)
            query = query.where(group.by >= after.at, beyond)
        rows = self._connection.execute(query.order_by(group.by, group.key).limit(limit))
        return [RowCursor(row.at, row.key) for row in rows]

    def feedback_on(self, task_ids: Sequence[str]) -> int:
        """The number of pieces of feedback on these tasks."""
        query = select(func.count()).where(feedback.c.task_id.in_(task_ids))
        return self._connection.execute(query).scalar_one()

    def prune(self, group: PrunableRows, keys: Sequence[Any]) -> None:
        """Delete these rows and the rows that refer to them.

        Rows already deleted are ignored, and so are those to which the conditions do not apply any
        more, such as a ballot that was answered since.
        """
        query = select(group.key).where(*group.conditions, group.key.in_(keys))
        doomed = self._connection.execute(query).scalars().all()
        for column in _belonging(group):
            self._connection.execute(delete(column.table).where(column.in_(doomed)))
        rows = delete(group.table).where(*group.conditions, group.key.in_(doomed))
        self._connection.execute(rows)


SESSION_TABLES = (evaluations, model_calls, unanswered_calls, assignments, ab_test_results)
"""Tables with rows of a session, apart from its ballots."""


def _belonging(group: PrunableRows) -> tuple[Column[Any], ...]:
    """Columns of other tables that refer to these rows."""
    if group.table is tasks:
        return feedback.c.task_id, grades.c.task_id
    if group.table is ballots:
        return votes.c.ballot_id, ballot_options.c.ballot_id
    return ()
