"""What models were asked for, since a time: the sums that a status shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, case, func, select

from tinyarms.store.db.records.calls import JUDGE
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import evaluations, grades, model_calls, sessions, task_usage

CallRole = Literal["task", "writer", "judge"]


@dataclass(frozen=True)
class CallSums:
    """Sums over calls."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """The part of `prompt_tokens` from a server's cache."""
    seconds: float = 0.0
    """Seconds of the model's time."""
    dollars: float = 0.0
    """What a judge of live tasks noted as spent; 0 for the others."""


class Usage(Repository):
    """Sums of tasks, searches and grades. Searches and grades that are pruned are not in them."""

    def of_tasks(self, skill: str, since: datetime) -> dict[str | None, CallSums]:
        """Tag of a model, `None` for the application's own → its tasks of a skill.

        `since`: the beginning of a day, UTC. Sums exist for days.
        """
        columns = ("tasks", "prompt_tokens", "completion_tokens", "latency_ms")
        query = (
            select(task_usage.c.model, *(func.sum(task_usage.c[name]) for name in columns))
            .where(task_usage.c.skill == skill, task_usage.c.day >= since)
            .group_by(task_usage.c.model)
        )
        return {
            model or None: CallSums(n, int(prompt), int(reply), seconds=float(ms) / 1000)
            for model, n, prompt, reply, ms in self._connection.execute(query)
        }

    def of_grades(self, skill: str, since: datetime) -> dict[str, CallSums]:
        """Judge of live tasks → its calls for a skill."""
        query = (
            select(grades.c.judge, func.sum(grades.c.calls), func.sum(grades.c.dollars))
            .where(grades.c.skill == skill, grades.c.graded_at >= since)
            .group_by(grades.c.judge)
        )
        return {
            judge: CallSums(int(calls or 0), dollars=float(dollars or 0))
            for judge, calls, dollars in self._connection.execute(query)
        }

    def of_sessions(self, skill: str, since: datetime) -> dict[tuple[str, CallRole], CallSums]:
        """Session and role → its calls. Searches, refreshes and evaluations alike."""
        lately = sessions.c.completed_at.is_(None) | (sessions.c.completed_at >= since)
        query = select(sessions.c.id).where(sessions.c.skill == skill, lately)
        found: dict[tuple[str, CallRole], CallSums] = {}
        roles: tuple[tuple[CallRole, Table, ColumnElement[bool]], ...] = (
            ("task", evaluations, evaluations.c.cached.is_(False)),
            ("writer", model_calls, model_calls.c.operator != JUDGE),
            ("judge", model_calls, model_calls.c.operator == JUDGE),
        )
        for session_id in self._connection.execute(query).scalars().all():
            for role, table, which in roles:
                sums = self._sums(
                    table, (table.c.session_id == session_id) & which, table.c.created_at >= since
                )
                if sums.calls:
                    found[session_id, role] = sums
        return found

    def _sums(self, table: Table, *conditions: ColumnElement[bool]) -> CallSums:
        def total(name: str) -> ColumnElement[Any]:
            value = table.c.reply[name].as_float()
            return func.coalesce(func.sum(case((value.is_not(None), value), else_=0)), 0)

        names = ("prompt_tokens", "completion_tokens", "cached_tokens", "latency_ms")
        query = select(func.count(), *map(total, names)).where(*conditions)
        calls, prompt, reply, cached, ms = self._connection.execute(query).one()
        return CallSums(int(calls), int(prompt), int(reply), int(cached), float(ms) / 1000)
