"""Tasks and their outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, func, select, update

from tinyarms.store.db.dialects import add_to, insert_new
from tinyarms.store.db.records import Cost, OutcomeSource, TaskRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import task_counts, task_usage
from tinyarms.store.db.tables import tasks as table

# Each vote runs it while all others wait, and building a statement takes longer than running it.
_TASK = select(table).where(table.c.id == bindparam("task_id"))
_SUCCESSES = select(table.c.id, table.c.success).where(
    table.c.id.in_(bindparam("ids", expanding=True))
)
_HOUR = timedelta(hours=1)
_RECENT = 1000
"""Number of newest tasks over which the mean cost is taken. Higher: steadier, slower to follow a
change."""

_READ_AT_ONCE = 1000
"""Rows that are in memory while all are read. Higher: fewer round trips, more memory."""


class TaskCounts(NamedTuple):
    """Sums over tasks."""

    tasks: int
    successes: int
    failures: int
    violations: int

    def plus(self, other: TaskCounts) -> TaskCounts:
        return TaskCounts(*map(sum, zip(self, other, strict=True)))


class _Hour(NamedTuple):
    """What counts are summed by."""

    skill: str
    prompt_version: int
    hour: datetime


class _Day(NamedTuple):
    """What tokens and times are summed by."""

    skill: str
    model: str
    day: datetime


class Seen(NamedTuple):
    """The fields of a task that the monitor reads."""

    id: str
    created_at: datetime
    success: bool | None
    corrected: bool | None
    """Whether a user corrected its output; `None` without feedback from a user."""
    violated: bool
    latency_ms: float | None


class Pace(NamedTuple):
    """The number of tasks, and of those with a known outcome."""

    tasks: int
    known: int
    first: datetime | None


class Tasks(Repository):
    """One row per task."""

    def add(self, task: TaskRecord) -> None:
        """Add it, unless it exists. The caller settles feedback that came before it."""
        self.add_all([task])

    def add_all(self, tasks: Sequence[TaskRecord]) -> None:
        """Add those that do not exist, as `add` does."""
        counts, usage = dict[_Hour, Counter[str]](), dict[_Day, Counter[str]]()
        for task in insert_new(self._connection, table, tasks):
            if task.prompt_version is not None:  # Tasks of challengers are not summed.
                hour = _Hour(task.skill, task.prompt_version, _hour(task.created_at))
                counts.setdefault(hour, Counter()).update(_counts_of(task))
            day = _Day(task.skill, task.model or "", _hour(task.created_at).replace(hour=0))
            usage.setdefault(day, Counter()).update(_usage_of(task))
        for hour, sums in counts.items():
            self._add_to_counts(hour, sums)
        for day, amounts in usage.items():
            add_to(self._connection, task_usage, day._asdict(), amounts)

    def set_outcome(self, task_id: str, success: bool, source: OutcomeSource) -> bool:
        """Set or replace the outcome. False if there is no such task (yet)."""
        columns = (table.c.skill, table.c.prompt_version, table.c.created_at, table.c.success)
        task = self._connection.execute(select(*columns).where(table.c.id == task_id)).one_or_none()
        if task is None:
            return False
        statement = update(table).where(table.c.id == task_id)
        self._connection.execute(statement.values(success=success, outcome_source=source))
        if task.success is not success and task.prompt_version is not None:
            old_outcome = {} if task.success is None else {_name(task.success): -1}
            hour = _Hour(task.skill, task.prompt_version, _hour(task.created_at))
            self._add_to_counts(hour, {**old_outcome, _name(success): 1})
        return True

    def get(self, task_id: str) -> TaskRecord | None:
        """The task with this id."""
        row = self._connection.execute(_TASK, {"task_id": task_id}).one_or_none()
        return None if row is None else record_of(TaskRecord, row)

    def successes(self, ids: Sequence[str]) -> dict[str, bool | None]:
        """Task's id → its outcome, for those of the tasks that exist."""
        return dict(self._connection.execute(_SUCCESSES, {"ids": ids}).all())

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

    def first_and_newest(
        self,
        skill: str,
        version: int,
        first: int,
        newest: int,
        *,
        known: bool,
        since: datetime | None = None,
    ) -> list[Seen]:
        """A version's `first` oldest and `newest` newest tasks, each once, oldest first.

        `known`: only those with a known outcome. Reads no more rows than needed, however many there
        are.
        """
        conditions = _of(skill, since, version)
        if known:
            conditions.append(table.c.success.is_not(None))
        query = select(
            table.c.id,
            table.c.created_at,
            table.c.success,
            table.c.outcome_source,
            table.c.violation.is_not(None),
            table.c.latency_ms,
        ).where(*conditions)
        down = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(newest)
        late = [_seen(row) for row in reversed(self._connection.execute(down).all())]
        if len(late) < newest:
            return late
        up = query.order_by(table.c.created_at, table.c.id).limit(first)
        late_ids = {task.id for task in late}
        early = [_seen(row) for row in self._connection.execute(up).all()]
        return [task for task in early if task.id not in late_ids] + late

    def recent(
        self, skill: str, success: bool | None = None, limit: int | None = None
    ) -> list[TaskRecord]:
        """The newest tasks, newest first; with `success`, only those with this outcome."""
        query = select(table).where(table.c.skill == skill)
        if success is not None:
            query = query.where(table.c.success.is_(success))
        query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        return records_of(TaskRecord, self._connection.execute(query))

    def broken(self, skill: str, version: int, since: datetime, limit: int) -> list[TaskRecord]:
        """The version's newest tasks whose output broke the contract, newest first."""
        query = select(table).where(
            table.c.skill == skill,
            table.c.prompt_version == version,
            table.c.created_at >= since,
            table.c.violation.is_not(None),
        )
        query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        return records_of(TaskRecord, self._connection.execute(query))

    def each(self, skill: str) -> Iterator[TaskRecord]:
        """All tasks of a skill, oldest first. Their rows are read a thousand at a time."""
        query = select(table).where(table.c.skill == skill)
        ordered = query.order_by(table.c.created_at, table.c.id)
        found = self._connection.execute(ordered, execution_options={"yield_per": _READ_AT_ONCE})
        for rows in found.partitions():
            yield from records_of(TaskRecord, rows)

    def counts(self, skill: str, version: int, since: datetime | None = None) -> TaskCounts:
        """Counts of the version's tasks that came at or after `since`.

        Only the tasks of the hour of `since` are counted row by row; hourly sums exist for the
        others.
        """
        if since is None:
            return self._sums(skill, version)
        begins = _hour(since) + _HOUR
        first_hour = self._counted(skill, version, since, begins)
        return first_hour.plus(self._sums(skill, version, task_counts.c.hour >= begins))

    def counts_before(self, skill: str, version: int, until: datetime) -> TaskCounts:
        """Counts of the version's tasks that came before `until`."""
        ends = _hour(until)
        last_hour = self._counted(skill, version, ends, until)
        return last_hour.plus(self._sums(skill, version, task_counts.c.hour < ends))

    def hours(self, skill: str, since: datetime) -> list[tuple[datetime, int, TaskCounts]]:
        """The sums of each hour and version from the hour of `since` on, oldest first."""
        columns = (task_counts.c[name] for name in TaskCounts._fields)
        query = (
            select(task_counts.c.hour, task_counts.c.prompt_version, *columns)
            .where(task_counts.c.skill == skill, task_counts.c.hour >= _hour(since))
            .order_by(task_counts.c.hour, task_counts.c.prompt_version)
        )
        rows = self._connection.execute(query).all()
        return [(row[0], row[1], TaskCounts(*row[2:])) for row in rows]

    def latencies(self, skill: str, version: int, since: datetime, limit: int) -> list[float]:
        """The known latencies, in milliseconds, of the version's newest `limit` tasks."""
        query = (
            select(table.c.latency_ms)
            .where(*_of(skill, since, version))
            .order_by(table.c.created_at.desc())
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        return [latency_ms for (latency_ms,) in rows if latency_ms is not None]

    def mean_cost(self, skill: str) -> Cost:
        """Mean cost of the skill's newest tasks, if known."""
        tokens = (table.c.prompt_tokens + table.c.completion_tokens).label("tokens")
        newest = (
            select(tokens, table.c.completion_tokens, table.c.latency_ms)
            .where(table.c.skill == skill)
            .order_by(table.c.created_at.desc())
            .limit(_RECENT)
            .subquery()
        )
        query = select(
            func.avg(newest.c.tokens),
            func.avg(newest.c.completion_tokens),
            func.avg(newest.c.latency_ms),
        )
        used, written, latency_ms = self._connection.execute(query).one()
        return Cost(
            None if used is None else float(used),
            None if latency_ms is None else float(latency_ms) / 1000,
            None if written is None else float(written),
        )

    def has_run(self, user: str, tasks: int) -> bool:
        """Whether a user has run at least this many tasks, over all skills."""
        if tasks == 0:
            return True
        found = select(table.c.id).where(table.c.user == user).limit(tasks).subquery()
        query = select(func.count()).select_from(found)
        return self._connection.execute(query).scalar_one() >= tasks

    def has_others(self, skill: str, user: str, since: datetime) -> bool:
        """Whether anybody else with a name has run a task of the skill since then."""
        # The index of names answers first: often there is no other name at all.
        sides = ((table.c.user > "") & (table.c.user < user), table.c.user > user)
        named = [select(table.c.id).where(side).limit(1) for side in sides]
        if all(self._connection.execute(query).first() is None for query in named):
            return False
        query = (
            select(table.c.id)
            .where(*_of(skill, since, None), table.c.user != "", table.c.user != user)
            .order_by(table.c.created_at.desc())
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def pace(self, skill: str, since: datetime) -> Pace:
        """The skill's tasks from `since` on, whichever prompt served them."""
        query = select(func.count(), func.count(table.c.success), func.min(table.c.created_at))
        row = self._connection.execute(query.where(*_of(skill, since, None))).one()
        return Pace(*row)

    def _add_to_counts(self, hour: _Hour, amounts: Mapping[str, int]) -> None:
        everything = dict.fromkeys(TaskCounts._fields, 0) | dict(amounts)
        add_to(self._connection, task_counts, hour._asdict(), everything)

    def _sums(self, skill: str, version: int, *hours: ColumnElement[bool]) -> TaskCounts:
        names = TaskCounts._fields
        query = select(*(func.coalesce(func.sum(task_counts.c[name]), 0) for name in names))
        selected = query.where(
            task_counts.c.skill == skill, task_counts.c.prompt_version == version, *hours
        )
        return TaskCounts(*self._connection.execute(selected).one())

    def _counted(self, skill: str, version: int, since: datetime, until: datetime) -> TaskCounts:
        query = select(
            func.count(),
            func.count(case((table.c.success.is_(True), 1))),
            func.count(case((table.c.success.is_(False), 1))),
            func.count(table.c.violation),
        ).where(*_of(skill, since, version), table.c.created_at < until)
        return TaskCounts(*self._connection.execute(query).one())

    def count(self, skill: str, since: datetime | None = None, version: int | None = None) -> int:
        """The number of tasks, whatever their outcome."""
        query = select(func.count()).select_from(table).where(*_of(skill, since, version))
        return self._connection.execute(query).scalar_one()


def _seen(row: Any) -> Seen:
    by_user = row.success is not None and row.outcome_source != "scorer"
    corrected = row.outcome_source == "correction" if by_user else None
    return Seen(row[0], row[1], row[2], corrected, bool(row[4]), row[5])


def _counts_of(task: TaskRecord) -> dict[str, int]:
    outcome = {} if task.success is None else {_name(task.success): 1}
    return {"tasks": 1, "violations": int(task.violation is not None), **outcome}


def _usage_of(task: TaskRecord) -> dict[str, Any]:
    return {
        "tasks": 1,
        "prompt_tokens": task.prompt_tokens or 0,
        "completion_tokens": task.completion_tokens or 0,
        "latency_ms": task.latency_ms or 0.0,
    }


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _name(success: bool) -> str:
    return "successes" if success else "failures"


def _of(skill: str, since: datetime | None, version: int | None) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [table.c.skill == skill]
    if since is not None:
        conditions.append(table.c.created_at >= since)
    if version is not None:
        conditions.append(table.c.prompt_version == version)
    return conditions
