"""Tasks and their outcomes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, update

from tinyarms.store.dialects import insert_or_ignore, one_at_a_time
from tinyarms.store.records import Cost, FeedbackRecord, OutcomeSource, TaskRecord
from tinyarms.store.repositories.base import Repository, from_row, to_row
from tinyarms.store.tables import feedback
from tinyarms.store.tables import tasks as table


class Ran(NamedTuple):
    """What a report needs of a task."""

    success: bool | None
    violated: bool
    latency_ms: float | None


class Seen(NamedTuple):
    """What the monitor needs of a task."""

    id: str
    created_at: datetime
    success: bool | None
    corrected: bool
    violated: bool
    latency_ms: float | None


class Pace(NamedTuple):
    """How many tasks come, and of how many one hears how they went."""

    tasks: int
    known: int
    first: datetime | None


class Tasks(Repository):
    """One row a run of a skill."""

    def add(self, task: TaskRecord) -> None:
        """Add it, with the outcome of feedback that came before it; nothing if it is there."""
        one_at_a_time(self._connection, "task", task.id)
        if not insert_or_ignore(self._connection, table, to_row(task)):
            return
        waiting = select(feedback).where(feedback.c.task_id == task.id)
        for row in self._connection.execute(waiting.order_by(feedback.c.created_at, feedback.c.id)):
            outcome = from_row(FeedbackRecord, row).outcome
            if outcome is not None:
                self.set_outcome(task.id, *outcome)

    def set_outcome(self, task_id: str, success: bool, source: OutcomeSource) -> bool:
        """Set the outcome, over an earlier one too. False if there is no such task (yet)."""
        statement = update(table).where(table.c.id == task_id)
        changed = self._connection.execute(statement.values(success=success, outcome_source=source))
        return changed.rowcount == 1

    def get(self, task_id: str) -> TaskRecord | None:
        """The task with this id."""
        row = self._connection.execute(select(table).where(table.c.id == task_id)).one_or_none()
        return None if row is None else from_row(TaskRecord, row)

    def outcomes(
        self,
        skill: str,
        since: datetime | None = None,
        version: int | None = None,
        limit: int | None = None,
    ) -> list[tuple[bool, datetime]]:
        """The newest `limit` known outcomes with the time of their task, oldest first."""
        query = (
            select(table.c.success, table.c.created_at)
            .where(*_of(skill, since, version), table.c.success.is_not(None))
            .order_by(table.c.created_at.desc(), table.c.id.desc())
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        return [(row.success, row.created_at) for row in reversed(rows)]

    def ends(
        self,
        skill: str,
        version: int,
        first: int,
        newest: int,
        *,
        known: bool,
        since: datetime | None = None,
    ) -> list[Seen]:
        """A version's `first` and `newest` tasks, each once, oldest first; all if they are fewer.

        `known`: only those with a known outcome. Reads no more rows than it returns.
        """
        conditions = _of(skill, since, version)
        if known:
            conditions.append(table.c.success.is_not(None))
        query = select(
            table.c.id,
            table.c.created_at,
            table.c.success,
            (table.c.outcome_source == "correction").label("corrected"),
            table.c.violation.is_not(None),
            table.c.latency_ms,
        ).where(*conditions)
        down = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(newest)
        late = [_seen(row) for row in reversed(self._connection.execute(down).all())]
        if len(late) < newest:
            return late
        up = query.order_by(table.c.created_at, table.c.id).limit(first)
        there = {task.id for task in late}
        early = [_seen(row) for row in self._connection.execute(up)]
        return [task for task in early if task.id not in there] + late

    def recent(
        self, skill: str, success: bool | None = None, limit: int | None = None
    ) -> list[TaskRecord]:
        """The newest tasks, newest first; with `success`, those with that outcome only."""
        query = select(table).where(table.c.skill == skill)
        if success is not None:
            query = query.where(table.c.success.is_(success))
        query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        return [from_row(TaskRecord, row) for row in self._connection.execute(query)]

    def ran(
        self, skill: str, since: datetime | None = None, version: int | None = None
    ) -> list[Ran]:
        """All tasks, oldest first."""
        query = (
            select(table.c.success, table.c.violation.is_not(None), table.c.latency_ms)
            .where(*_of(skill, since, version))
            .order_by(table.c.created_at, table.c.id)
        )
        return [Ran(*row) for row in self._connection.execute(query)]

    def mean_cost(self, skill: str) -> Cost:
        """Of one of the skill's tasks, as far as it is known."""
        tokens = table.c.prompt_tokens + table.c.completion_tokens
        query = select(func.avg(tokens), func.avg(table.c.latency_ms))
        used, latency_ms = self._connection.execute(query.where(table.c.skill == skill)).one()
        return Cost(
            None if used is None else float(used),
            None if latency_ms is None else float(latency_ms) / 1000,
        )

    def pace(self, skill: str, since: datetime) -> Pace:
        """The skill's tasks from `since` on, whatever served them."""
        query = select(func.count(), func.count(table.c.success), func.min(table.c.created_at))
        row = self._connection.execute(query.where(*_of(skill, since, None))).one()
        return Pace(*row)

    def count(self, skill: str, since: datetime | None = None, version: int | None = None) -> int:
        """How many tasks, whatever their outcome."""
        query = select(func.count()).select_from(table).where(*_of(skill, since, version))
        return self._connection.execute(query).scalar_one()


def _seen(row: Any) -> Seen:
    return Seen(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5])


def _of(skill: str, since: datetime | None, version: int | None) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [table.c.skill == skill]
    if since is not None:
        conditions.append(table.c.created_at >= since)
    if version is not None:
        conditions.append(table.c.prompt_version == version)
    return conditions
