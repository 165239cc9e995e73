"""Whether a user is asked for votes now."""

from __future__ import annotations

from datetime import datetime, timedelta

from tinyarms.loop.project.context import Context
from tinyarms.store.db.unit_of_work import UnitOfWork

SNOOZE = timedelta(days=1)
"""How long a user is not asked who turned questions off."""


def snooze(context: Context, user: str | None = None) -> datetime:
    """Turn questions off for a day, for this user and all skills; says until when.

    `user`: `None` stands for whoever gives no name. Votes that the user gives all the same count.
    """
    until = context.clock() + SNOOZE
    with context.store.unit_of_work(durable=True) as work:
        work.snoozes.begin(user, until)
    return until


def end_snooze(context: Context, user: str | None = None) -> None:
    """Turn questions on again for this user."""
    with context.store.unit_of_work(durable=True) as work:
        work.snoozes.end(user)


def why_not_asked(work: UnitOfWork, user: str | None, now: datetime) -> str | None:
    """Why the user is not asked now, in one sentence; `None` if nothing is in the way."""
    until = work.snoozes.until(user)
    if until is None or until <= now:
        return None
    return f"You are asked nothing until {until:%d %B, %H:%M} UTC, as you wanted."
