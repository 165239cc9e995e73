"""The full log of a skill, for reports over a long time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.history import history
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class LoggedTask:
    """A task in the log."""

    at: datetime
    user: str
    """The user's name; empty if not named."""


@dataclass(frozen=True)
class LoggedAnswer:
    """A user's answer to a ballot."""

    at: datetime
    user: str | None
    kind: Literal["pick", "skip", "none"]
    counted: bool


@dataclass(frozen=True)
class LoggedSession:
    """An evolution session."""

    triggered_at: datetime
    reason: str
    """Why it began: `accuracy_drop`, `drift`, `manual` or `scheduled`."""
    result: str
    """Its result; `open` while it has not ended."""
    version: int | None
    """Number of the version that it put into production."""
    held_out: GateEvidence | None
    """The offline gate's accuracies of the promoted variant, else of the best one."""
    task_calls: int
    test_calls: int
    writer_calls: int
    answers: tuple[LoggedAnswer, ...]


@dataclass(frozen=True)
class SkillLog:
    """The full log of a skill. Tasks, outcomes and sessions are oldest first."""

    tasks: tuple[LoggedTask, ...]
    outcomes: tuple[tuple[bool, datetime], ...]
    """Known outcomes, each with the time of its task."""
    sessions: tuple[LoggedSession, ...]
    rollbacks: int
    """Number of promotions that were rolled back automatically."""
    version: int
    """Number of the version in production."""


def skill_log(context: Context, name: str) -> SkillLog:
    """The log of a skill that has been in use."""
    ledger = history(context, name)
    versions = {row.session_id: row.version for row in ledger if row.session_id is not None}
    with context.store.read() as work:
        return SkillLog(
            tasks=tuple(
                LoggedTask(task.created_at, task.user or "")
                for task in work.tasks.recent(name)[::-1]
            ),
            outcomes=tuple(work.tasks.outcomes(name)),
            sessions=tuple(
                _logged(work, session, versions.get(session.id))
                for session in work.sessions.all(name)
            ),
            rollbacks=sum(
                holdback.result == "rolled_back" for holdback in work.holdbacks.all(name)
            ),
            version=ledger[-1].version,
        )


def outcomes_of(context: Context, name: str) -> list[tuple[bool, datetime]]:
    """The known outcomes of a skill with the times of their tasks, oldest first."""
    with context.store.read() as work:
        return work.tasks.outcomes(name)


def has_task(context: Context, task_id: str) -> bool:
    """Whether the task is stored."""
    with context.store.read() as work:
        return work.tasks.get(task_id) is not None


def has_feedback(context: Context, task_id: str) -> bool:
    """Whether there is feedback on the task."""
    with context.store.read() as work:
        return bool(work.feedback.of(task_id))


def looked_at(context: Context, name: str) -> datetime | None:
    """When the daemon last made a pass over the skill; `None` if it never did."""
    with context.store.read() as work:
        watch = work.watches.get(name)
    return None if watch is None else watch.looked_at


def latest_change(context: Context, name: str) -> datetime | None:
    """When the last release began, or a session or a holdback ended; `None` if none has."""
    with context.store.read() as work:
        times = [
            *(intent.created_at for intent in work.intents.pending(name)),
            *(era.active_from for era in work.history.all(name)),
            *(session.completed_at for session in work.sessions.all(name)),
            *(holdback.ended_at for holdback in work.holdbacks.all(name)),
        ]
    return max((time for time in times if time is not None), default=None)


def _logged(work: UnitOfWork, session: SessionRecord, version: int | None) -> LoggedSession:
    calls = work.calls.counts(session.id)
    return LoggedSession(
        triggered_at=session.triggered_at,
        reason=session.trigger_reason,
        result="open" if session.state.is_open else session.state.value,
        version=version,
        held_out=_held_out(work, session),
        task_calls=calls["task_calls"],
        test_calls=calls["test_calls"],
        writer_calls=calls["writer_calls"],
        answers=tuple(
            LoggedAnswer(vote.created_at, vote.user, vote.answer, vote.counted)
            for vote, _ in work.experiments.votes(session.id)
        ),
    )


def _held_out(work: UnitOfWork, session: SessionRecord) -> GateEvidence | None:
    gate = session.findings.gate
    won = [v.id for v in work.experiments.variants(session.id) if v.status == "won"]
    measured = [gate[variant_id] for variant_id in won or gate if variant_id in gate]
    return max(measured, key=lambda evidence: evidence.after or 0.0, default=None)
