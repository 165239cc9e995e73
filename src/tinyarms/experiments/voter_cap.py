"""How much one user counts: for no more than the others' average and a little, whatever the pace.

The rule looks at who says something and in which order, never at what is said or at which prompt
it is said of. So leaving out what it leaves out keeps a fair voter's coin fair, and an outcome's
chances, given all that was before it, as they are: the error bounds of the tests and detectors
that are proved outcome by outcome stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

RECENT = 40
"""Among how many of the newest counted outcomes a user's share is looked at."""


def within_weight(own: int, others: int, people: int, ahead: int) -> bool:
    """Whether one more vote or outcome of a user counts.

    `own` and `others` are those counted so far, the user's and everybody else's; `people` is how
    many take part, the user among them. It counts while the user has fewer than the others have
    on average, plus `ahead`. Who takes part alone is not held back.
    """
    return people < 2 or own * (people - 1) < ahead * (people - 1) + others


def outcome_counts(user: str, newest: Sequence[str], ahead: int) -> bool:
    """The same for an outcome, among the newest counted ones.

    `newest`: whose they are, at most `RECENT`; "" for nobody named. Where users are named only now
    and then, those who are not are one of the people, who is never held back.
    """
    own = sum(each == user for each in newest)
    people = len({user, *newest})
    return not user or within_weight(own, len(newest) - own, people, ahead)
