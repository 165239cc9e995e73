"""What the story's year comes to: the original design's own test plan, read from the store.

Its third phase: how often an evolution was triggered, what accuracy gained on average, how often
users were bothered by a dialog.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.demo.world import BEGIN, DAYS, SEASONS, USERS
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.history import history
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Month:
    """How a month went."""

    name: str
    """The month."""
    n: int
    """Tasks whose outcome counts; no user's count for much more than the others'."""
    accuracy: float | None
    """Share of successes, in [0, 1]; `None` if there are none."""


@dataclass(frozen=True)
class ChangeView:
    """A change of the world, and when it was noticed."""

    at: datetime
    """When the change came."""
    said: str
    """What changed."""
    noticed_at: datetime | None
    """When a drop was found, if that was before the next change; else `None`."""
    noticed_after: int | None
    """Tasks between the change and that moment."""


@dataclass(frozen=True)
class SessionView:
    """An evolution session."""

    triggered_at: datetime
    """When it began."""
    reason: str
    result: str
    """How it ended; `open` if the year ended first."""
    version: int | None
    """Number of the version that it put into production; `None` if it put none."""
    held_out_before: float | None
    """Accuracy of the prompt before on held-out examples, in [0, 1]."""
    held_out_after: float | None
    """Accuracy of the new prompt on them, in [0, 1]."""
    held_out_n: int
    """How many held-out examples."""
    task_calls: int
    """Calls on search and selection examples."""
    test_calls: int
    """Calls of the offline gate."""
    writer_calls: int
    """Writing calls."""
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
    """Dialogs a week, over the whole year."""
    most_in_a_week: int
    """The most dialogs in one week."""


@dataclass
class StoryView:
    """The year."""

    skill: str
    seed: int
    """The seed of the run."""
    tasks: int
    """Tasks in the year."""
    months: tuple[Month, ...]
    """How each month went."""
    changes: tuple[ChangeView, ...]
    """What changed in the simulated world, and when that was noticed."""
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
    """Promotions that were taken back by the daemon."""
    version: int
    """Number of the version in production at the end."""
    gain: float | None
    """Mean gain of the promotions on held-out examples; `None` if there were none."""
    calls: int
    """Model calls of all searches and gates."""
    seconds: float = 0.0
    """Seconds that this run took."""


def month_of(context: Context, skill: str, moment: datetime) -> Month:
    """The month of this moment, as far as it has come."""
    with context.store.read() as work:
        outcomes = work.tasks.outcomes(skill)
    return next(
        (month for month in reversed(_months(outcomes)) if month.name == _name(moment)),
        Month(_name(moment), 0, None),
    )


def story_view(context: Context, skill: str, seed: int) -> StoryView:
    """All that the report needs."""
    ledger = history(context, skill)
    settings = context.project.settings
    versions = {row.session_id: row.version for row in ledger if row.session_id is not None}
    with context.store.read() as work:
        outcomes = work.tasks.outcomes(skill)
        sessions = work.sessions.all(skill)
        views = tuple(_session(work, each, versions.get(each.id)) for each in sessions)
        rollbacks = sum(held.result == "rolled_back" for held in work.holdbacks.all(skill))
        tasks = work.tasks.recent(skill)[::-1]
        users = Counter(task.user or "" for task in tasks)
        dialogs = tuple(_dialogs(work, sessions, users))
    gains = [
        view.held_out_after - view.held_out_before
        for view in views
        if view.version and view.held_out_after is not None and view.held_out_before is not None
    ]
    return StoryView(
        skill=skill,
        seed=seed,
        tasks=len(tasks),
        months=tuple(_months(outcomes)),
        changes=tuple(_changes([task.created_at for task in tasks], sessions)),
        sessions=views,
        dialogs=dialogs,
        show_probability=settings.ab_testing.show_probability,
        max_votes=settings.ab_testing.max_votes,
        promotions=len(versions),
        rollbacks=rollbacks,
        version=ledger[-1].version,
        gain=sum(gains) / len(gains) if gains else None,
        calls=sum(view.task_calls + view.test_calls + view.writer_calls for view in views),
    )


def _name(moment: datetime) -> str:
    return f"{moment:%b}"


def _months(outcomes: Sequence[tuple[bool, datetime]]) -> list[Month]:
    """In their order; the story is shorter than a year, so that no name comes twice."""
    known = Counter(_name(at) for _, at in outcomes)
    right = Counter(_name(at) for success, at in outcomes if success)
    return [Month(name, n, right[name] / n) for name, n in known.items()]


def _changes(tasks: Sequence[datetime], sessions: Sequence[SessionRecord]) -> list[ChangeView]:
    """All but the season that the story begins with. `tasks`: when they came, in order."""
    ends = [season.at for season in SEASONS[2:]] + [BEGIN + timedelta(days=DAYS + 1)]
    found = []
    for season, end in zip(SEASONS[1:], ends, strict=True):
        noticed = next(
            (s.triggered_at for s in sessions if season.at <= s.triggered_at < end), None
        )
        after = (
            None if noticed is None else bisect_left(tasks, noticed) - bisect_left(tasks, season.at)
        )
        found.append(ChangeView(season.at, season.said, noticed, after))
    return found


def _session(work: UnitOfWork, session: SessionRecord, version: int | None) -> SessionView:
    """Held out: of the variant that was promoted, else of the best."""
    gate = session.settings.get("gate", {})
    won = [v.id for v in work.experiments.variants(session.id) if v.status == "won"]
    measured = [gate[i] for i in (won or gate) if i in gate]
    best = max(measured, key=lambda evidence: evidence["after"], default=None)
    calls = work.calls.counts(session.id)
    counted = [vote for vote, _ in work.experiments.votes(session.id) if vote.counted]
    return SessionView(
        triggered_at=session.triggered_at,
        reason=session.trigger_reason,
        result="open" if session.status == "active" else session.result or session.status,
        version=version,
        held_out_before=best and best["before"],
        held_out_after=best and best["after"],
        held_out_n=best["n"] if best else 0,
        task_calls=calls["task_calls"],
        test_calls=calls["test_calls"],
        writer_calls=calls["writer_calls"],
        votes=sum(vote.answer == "pick" for vote in counted),
    )


def _dialogs(
    work: UnitOfWork, sessions: Sequence[SessionRecord], tasks: Counter[str]
) -> Iterator[DialogsView]:
    answers = [vote for session in sessions for vote, _ in work.experiments.votes(session.id)]
    for user in USERS:
        of_user = [vote for vote in answers if vote.user == user]
        weeks = Counter((vote.created_at - BEGIN) // _WEEK for vote in of_user)
        yield DialogsView(
            user=user,
            tasks=tasks[user],
            dialogs=len(of_user),
            skipped=sum(vote.answer == "skip" for vote in of_user),
            per_week=len(of_user) / (DAYS / 7),
            most_in_a_week=max(weeks.values(), default=0),
        )
