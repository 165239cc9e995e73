"""Whether the vote dialog annoys users: they are asked at most once a month.

The answers stay in the project's database. The original design's measure: fewer than 10 % of users
complain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tinyarms.core.ids import check_ids, new_id
from tinyarms.loop.project.context import Context
from tinyarms.store.db.records import AnnoyanceRecord

ASK_EVERY = timedelta(days=30)
"""Time between two questions to the same user, answered or not. Shorter: more answers, and the
question itself annoys more."""
MIN_BALLOTS = 5
"""Ballots that a user must have answered before the first question. Fewer: users judge a dialog
that they hardly know."""
WINDOW = timedelta(days=90)
"""How far back the share counts answers. Longer: a steadier share that shows a change later."""
MAX_ANNOYED_SHARE = 0.10
"""Share of annoyed answers, in [0, 1], below which the dialog is not too frequent. Lower: a
stricter goal."""


@dataclass(frozen=True)
class Annoyance:
    """What users said about the vote dialog in the last 90 days, over all skills."""

    annoyed: int
    """Answers that say that it is annoying."""
    answers: int
    """All answers, without skipped questions."""
    share: float | None
    """Share of annoyed answers, in [0, 1]; `None` if there are no answers."""
    wanted_below: float
    """The goal: the share should be below this."""


def annoyance(context: Context) -> Annoyance:
    """Count the answers of the last 90 days."""
    with context.store.read() as work:
        annoyed, answers = work.annoyance.answers(context.clock() - WINDOW)
    share = annoyed / answers if answers else None
    return Annoyance(annoyed, answers, share, MAX_ANNOYED_SHARE)


def may_ask_annoyance(context: Context, user: str | None = None) -> bool:
    """Whether to ask the user now: a user of the dialog, not asked in the last 30 days.

    `user`: `None` for users without a name.
    """
    check_ids(user=user)
    with context.store.read() as work:
        if work.annoyance.ballots_answered(user) < MIN_BALLOTS:
            return False
        asked = work.annoyance.last_asked(user)
    return asked is None or context.clock() - asked >= ASK_EVERY


def note_annoyance(context: Context, annoyed: bool | None, user: str | None = None) -> None:
    """Store an answer. `annoyed`: `None` if the user was asked and skipped the question."""
    check_ids(user=user)
    record = AnnoyanceRecord(id=new_id(), user=user, annoyed=annoyed, created_at=context.clock())
    with context.store.unit_of_work(durable=True) as work:
        work.annoyance.add(record)
