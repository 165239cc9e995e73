"""The report on the simulated year.

It answers the questions of the original design's test plan: how often an evolution was triggered,
how much accuracy it gained on average, and how often a dialog interrupted a user.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.demo.world import BEGIN, DAYS, PHASES, USERS
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.skill_log import LoggedSession, SkillLog, outcomes_of, skill_log

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Month:
    """The results of a month."""

    name: str
    """The month."""
    n: int
    """Tasks whose outcome counts; each user's outcomes are capped."""
    accuracy: float | None
    """Share of successes, in [0, 1]; `None` if there are none."""


@dataclass(frozen=True)
class ChangeView:
    """A change of the world, and when it was detected."""

    at: datetime
    """When the change happened."""
    change: str
    """What changed."""
    noticed_at: datetime | None
    """When a drop was detected, if that was before the next change; else `None`."""
    noticed_after: int | None
    """Tasks between the change and the detection."""


@dataclass(frozen=True)
class SessionView:
    """An evolution session."""

    triggered_at: datetime
    """When it began."""
    reason: str
    result: str
    """How it ended; `open` if the year ended first."""
    version: int | None
    """Number of the version that it put into production; `None` if there was none."""
    held_out_before: float | None
    """Accuracy of the old prompt on held-out examples, in [0, 1]."""
    held_out_after: float | None
    """Accuracy of the new prompt on them, in [0, 1]."""
    held_out_n: int
    """How many held-out examples."""
    task_calls: int
    """Task calls on search and selection examples."""
    test_calls: int
    """Test calls of the offline gate."""
    writer_calls: int
    """Writer calls."""
    votes: int


@dataclass(frozen=True)
class DialogsView:
    """How often a user was asked to choose."""

    user: str
    tasks: int
    """Tasks of this user."""
    dialogs: int
    """How often the user was asked to choose."""
    skipped: int
    """How often the user skipped the question."""
    per_week: float
    """Dialogs per week, over the whole year."""
    most_in_a_week: int
    """The most dialogs in one week."""


@dataclass
class YearView:
    """The year."""

    skill: str
    seed: int
    """The seed of the run."""
    tasks: int
    """Tasks in the year."""
    months: tuple[Month, ...]
    """The results of each month."""
    changes: tuple[ChangeView, ...]
    """The changes of the simulated world, and when they were detected."""
    sessions: tuple[SessionView, ...]
    """The evolution sessions of the year."""
    dialogs: tuple[DialogsView, ...]
    """How often each user was asked to choose."""
    show_probability: float
    """The setting `ab_testing.show_probability`."""
    max_votes: int
    """The setting `ab_testing.max_votes`."""
    promotions: int
    """Versions that were put into production."""
    rollbacks: int
    """Promotions that the daemon rolled back."""
    version: int
    """Number of the version in production at the end."""
    gain: float | None
    """Mean gain of the promotions on held-out examples; `None` if there were none."""
    calls: int
    """Model calls of all searches and gates."""
    seconds: float = 0.0
    """Seconds that this run took."""


def month_of(context: Context, skill: str, moment: datetime) -> Month:
    """The month of this moment, up to now."""
    outcomes = outcomes_of(context, skill)
    return next(
        (month for month in reversed(_months(outcomes)) if month.name == _name(moment)),
        Month(_name(moment), 0, None),
    )


def year_view(context: Context, skill: str, seed: int) -> YearView:
    """The report on the whole year."""
    log, settings = skill_log(context, skill), context.project.settings
    sessions = tuple(_session(session) for session in log.sessions)
    gains = [
        view.held_out_after - view.held_out_before
        for view in sessions
        if view.version and view.held_out_after is not None and view.held_out_before is not None
    ]
    return YearView(
        skill=skill,
        seed=seed,
        tasks=len(log.tasks),
        months=tuple(_months(log.outcomes)),
        changes=tuple(_changes(log)),
        sessions=sessions,
        dialogs=tuple(_dialogs(log)),
        show_probability=settings.ab_testing.show_probability,
        max_votes=settings.ab_testing.max_votes,
        promotions=sum(session.version is not None for session in log.sessions),
        rollbacks=log.rollbacks,
        version=log.version,
        gain=sum(gains) / len(gains) if gains else None,
        calls=sum(view.task_calls + view.test_calls + view.writer_calls for view in sessions),
    )


def _name(moment: datetime) -> str:
    return f"{moment:%b}"


def _months(outcomes: Sequence[tuple[bool, datetime]]) -> list[Month]:
    """In chronological order. All tasks are in one year, so each name is unique."""
    tasks = Counter(_name(at) for _, at in outcomes)
    right = Counter(_name(at) for success, at in outcomes if success)
    return [Month(name, n, right[name] / n) for name, n in tasks.items()]


def _changes(log: SkillLog) -> list[ChangeView]:
    """All changes; the first phase, at the beginning of the year, is not a change."""
    came = [task.at for task in log.tasks]
    ends = [phase.at for phase in PHASES[2:]] + [BEGIN + timedelta(days=DAYS + 1)]
    views = []
    for phase, end in zip(PHASES[1:], ends, strict=True):
        noticed = next(
            (s.triggered_at for s in log.sessions if phase.at <= s.triggered_at < end), None
        )
        after = (
            None if noticed is None else bisect_left(came, noticed) - bisect_left(came, phase.at)
        )
        views.append(ChangeView(phase.at, phase.change, noticed, after))
    return views


def _session(session: LoggedSession) -> SessionView:
    held_out = session.held_out
    counted = (answer for answer in session.answers if answer.counted)
    return SessionView(
        triggered_at=session.triggered_at,
        reason=session.reason,
        result=session.result,
        version=session.version,
        held_out_before=held_out.before if held_out else None,
        held_out_after=held_out.after if held_out else None,
        held_out_n=held_out.n if held_out else 0,
        task_calls=session.task_calls,
        test_calls=session.test_calls,
        writer_calls=session.writer_calls,
        votes=sum(answer.kind == "pick" for answer in counted),
    )


def _dialogs(log: SkillLog) -> Iterator[DialogsView]:
    tasks = Counter(task.user for task in log.tasks)
    answers = [answer for session in log.sessions for answer in session.answers]
    for user in USERS:
        of_user = [answer for answer in answers if answer.user == user]
        weeks = Counter((answer.at - BEGIN) // _WEEK for answer in of_user)
        yield DialogsView(
            user=user,
            tasks=tasks[user],
            dialogs=len(of_user),
            skipped=sum(answer.kind == "skip" for answer in of_user),
            per_week=len(of_user) / (DAYS / 7),
            most_in_a_week=max(weeks.values(), default=0),
        )
