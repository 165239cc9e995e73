"""Decide whether to ask a user for votes now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from tinyarms.core.ids import check_ids
from tinyarms.experiments.voter_cap import ACTIVE_TIME, ACTIVE_TIME_WITHOUT_GATE, is_counted
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.loop.testing.live_session import is_single
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

SNOOZE = timedelta(days=1)
"""How long a user who turned questions off is not asked. Longer: fewer votes."""


def snooze(context: Context, user: str | None = None) -> datetime:
    """Turn questions off for a day, for this user and all skills. Returns until when.

    `user`: `None` for users without a name. Votes that the user gives anyway still count.
    """
    check_ids(user=user)
    until = context.clock() + SNOOZE
    with context.store.unit_of_work(durable=True) as work:
        work.snoozes.begin(user, until)
    return until


def end_snooze(context: Context, user: str | None = None) -> None:
    """Turn questions on again for this user."""
    check_ids(user=user)
    with context.store.unit_of_work(durable=True) as work:
        work.snoozes.end(user)


def why_not_asked(
    work: UnitOfWork, session: SessionRecord | None, user: str | None, now: datetime
) -> str | None:
    """Why the user is not asked now, in one sentence; `None` if the user may be asked.

    `session`: the session whose live test would ask; `None` if no live test is open.
    """
    until = work.snoozes.until(user)
    if until is not None and until > now:
        return f"You will not be asked until {until:%d %B, %H:%M} UTC, as you requested."
    if session is None:
        return None
    uncounted = why_uncounted(work, session, user, now)
    if uncounted == "over_cap":
        return "You have voted more than others. Your vote would not count until they vote too."
    if uncounted == "new_name":
        least = session.live_test_plan.limits.min_tasks
        return f"Your vote would not count yet: run {least} tasks of your own first."
    return None


def why_not_asked_of(context: Context, skills: Iterable[str], user: str | None) -> str | None:
    """Why the user is not asked about any of these skills; `None` if there is no reason."""
    check_ids(user=user)
    with context.store.read() as work:
        sessions = [work.sessions.open(name) for name in skills]
        testing = [s if s is not None and s.state.counts_votes else None for s in sessions]
        reasons = [why_not_asked(work, s, user, context.clock()) for s in testing]
    return next(filter(None, reasons), None)


def why_no_ballot(context: Context, skills: Iterable[str], user: str | None) -> str:
    """Why no ballot of these skills is for the user now, and what brings the next one."""
    names = tuple(skills)
    why = why_not_asked_of(context, names, user)
    if why is not None:
        return why
    with context.store.read() as work:
        sessions = [work.sessions.open(name) for name in names]
    testing = [s for s in sessions if s is not None and s.state.counts_votes]
    shares = {s.live_test_plan.limits.show_probability for s in testing if not is_single(s)}
    if shares:
        share = " to ".join(f"{each:.0%}" for each in sorted({min(shares), max(shares)}))
        return f"No ballot is waiting. {share} of new tasks make one, if their outputs differ."
    if testing:
        return "No ballot is waiting. The prompts take turns at tasks; give feedback on these."
    return "No ballot is waiting. No live test is open."


def why_uncounted(
    work: UnitOfWork,
    session: SessionRecord,
    user: str | None,
    now: datetime,
    known: KnownAnswers | None = None,
) -> Literal["over_cap", "new_name"] | None:
    """Why a pick of the user would not count now; `None` if it would.

    This depends on who votes and when, never on the pick. `known`: all answers of the session, if
    the caller has read them.
    """
    if not user:
        return None
    limits = session.live_test_plan.limits
    if not work.tasks.has_run(user, limits.min_tasks):
        return "new_name"
    users_alone_decide = not session.findings.gate
    since = now - (ACTIVE_TIME_WITHOUT_GATE if users_alone_decide else ACTIVE_TIME)
    ahead = limits.max_votes_ahead
    if known is None:
        picks = work.experiments.picks_by_user(session.id, since, user)
    else:
        picks = known.picks_since(since, user)
    if not is_counted(user, picks, ahead):
        return "over_cap"
    if not users_alone_decide or is_counted(user, picks, ahead, is_alone=False):
        return None
    # This may read many tasks, so it comes last: few users get here.
    has_others = work.tasks.has_others(session.skill, user, since)
    has_others = has_others or work.experiments.has_other_voters(session.skill, user, since)
    return "over_cap" if has_others else None
