"""Grades of live tasks by a judge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import GradeRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import records_of
from tinyarms.store.db.tables import grades as table
from tinyarms.store.db.tables import tasks


class Spending(NamedTuple):
    """Calls of a judge, and what they cost."""

    calls: int
    dollars: float


class Grades(Repository):
    """One row per task and judge."""

    def add(self, grade: GradeRecord) -> None:
        """Add it, unless it exists."""
        insert_record_or_ignore(self._connection, table, grade)

    def spent(self, skill: str, since: datetime) -> Spending:
        """What the skill's judges have spent since then; unknown costs count as nothing."""
        query = select(
            func.coalesce(func.sum(table.c.calls), 0),
            func.coalesce(func.sum(table.c.dollars), 0.0),
        ).where(table.c.skill == skill, table.c.graded_at >= since)
        calls, dollars = self._connection.execute(query).one()
        return Spending(int(calls), float(dollars))

    def ungraded(
        self, skill: str, version: int, judge: str, since: datetime, limit: int, *, known: bool
    ) -> list[str]:
        """Ids of the newest tasks of a version that the judge has not graded, newest first.

        `known`: only those whose outcome people have given.
        """
        is_graded = select(table.c.task_id).where(
            table.c.task_id == tasks.c.id, table.c.judge == judge
        )
        conditions = [
            tasks.c.skill == skill,
            tasks.c.prompt_version == version,
            tasks.c.created_at >= since,
            ~is_graded.exists(),
        ]
        if known:
            conditions.append(tasks.c.outcome_source.in_(_BY_PEOPLE))
        query = select(tasks.c.id).where(*conditions)
        query = query.order_by(tasks.c.created_at.desc(), tasks.c.id.desc()).limit(limit)
        return list(self._connection.execute(query).scalars())

    def of_version(
        self, skill: str, version: int, judge: str, first: int, newest: int
    ) -> list[GradeRecord]:
        """The `first` oldest and `newest` newest grades of the random sample of a version's tasks,
        each once, by the time of the task, oldest first."""
        query = select(table).where(
            table.c.skill == skill,
            table.c.prompt_version == version,
            table.c.judge == judge,
            table.c.sampled.is_(True),
            table.c.score.is_not(None),
        )
        down = query.order_by(table.c.task_at.desc(), table.c.task_id.desc()).limit(newest)
        late = records_of(GradeRecord, self._connection.execute(down).all())[::-1]
        if len(late) < newest:
            return late
        up = query.order_by(table.c.task_at, table.c.task_id).limit(first)
        ids = {grade.task_id for grade in late}
        early = records_of(GradeRecord, self._connection.execute(up).all())
        return [grade for grade in early if grade.task_id not in ids] + late

    def judges(self, skill: str, version: int) -> list[str]:
        """The judges that have graded tasks of a version."""
        query = select(table.c.judge).where(
            table.c.skill == skill, table.c.prompt_version == version
        )
        return list(self._connection.execute(query.distinct()).scalars())

    def since(self, skill: str, version: int, judge: str, since: datetime) -> list[GradeRecord]:
        """The grades of a version's tasks from then on, newest first, with those that failed."""
        query = select(table).where(
            table.c.skill == skill,
            table.c.prompt_version == version,
            table.c.judge == judge,
            table.c.task_at >= since,
        )
        query = query.order_by(table.c.task_at.desc(), table.c.task_id.desc())
        return records_of(GradeRecord, self._connection.execute(query).all())

    def pairs(self, skill: str, judge: str, limit: int) -> Sequence[tuple[float, bool]]:
        """(grade, success by people) of the newest tasks that both have judged."""
        query = (
            select(table.c.score, tasks.c.success)
            .join(tasks, tasks.c.id == table.c.task_id)
            .where(
                table.c.skill == skill,
                table.c.judge == judge,
                table.c.score.is_not(None),
                tasks.c.success.is_not(None),
                tasks.c.outcome_source.in_(_BY_PEOPLE),
                table.c.calls > 0,
            )
            .order_by(table.c.task_at.desc(), table.c.task_id.desc())
            .limit(limit)
        )
        return [(score, success) for score, success in self._connection.execute(query).all()]


_BY_PEOPLE = ("feedback", "correction")
