"""Whether the vote dialog annoys users: they are asked at most once a month.

The answers stay in the project's database. The original design's measure: fewer than 10 % of users
complain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tinyarms.core.ids import new_id
from tinyarms.loop.project.context import Context
from tinyarms.store.db.records import AnnoyanceRecord

ASK_EVERY = timedelta(days=30)
"""Time from one question to the next of the same user, whether or not it was answered."""
BALLOTS_BEFORE = 5
"""Ballots that a user has answered before the first question: fewer are too few to judge by."""
WINDOW = timedelta(days=90)
"""How far back answers are counted."""
MOST_ANNOYED = 0.10
"""Share of annoyed answers below which the dialog is asked often enough and not too often."""


@dataclass(frozen=True)
class Annoyance:
    """What users said of the vote dialog in the last 90 days, over all skills."""

    annoyed: int
    """Answers that say it was annoying."""
    answers: int
    """All answers; skipped questions are none."""
    share: float | None
    """Share of annoyed answers, in [0, 1]; `None` if there are no answers."""
    wanted_below: float
    """The share that is aimed at: it should be below this."""


def annoyance(context: Context) -> Annoyance:
    """Count the answers of the last 90 days."""
    with context.store.read() as work:
        annoyed, answers = work.annoyance.answers(context.clock() - WINDOW)
    share = annoyed / answers if answers else None
    return Annoyance(annoyed, answers, share, MOST_ANNOYED)


def may_ask_annoyance(context: Context, user: str | None = None) -> bool:
    """Whether the user may be asked now: a user of the dialog who was not asked for 30 days.

    `user`: `None` stands for whoever gives no name.
    """
    with context.store.read() as work:
        if work.annoyance.ballots_answered(user) < BALLOTS_BEFORE:
            return False
        asked = work.annoyance.last_asked(user)
    return asked is None or context.clock() - asked >= ASK_EVERY


def note_annoyance(context: Context, annoyed: bool | None, user: str | None = None) -> None:
    """Store an answer. `annoyed`: `None` if the user was asked and skipped the question."""
    record = AnnoyanceRecord(id=new_id(), user=user, annoyed=annoyed, created_at=context.clock())
    with context.store.unit_of_work(durable=True) as work:
        work.annoyance.add(record)
