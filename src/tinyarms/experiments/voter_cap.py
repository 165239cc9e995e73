"""The cap on one user's votes and outcomes, against the others who take part now.

A user's votes or outcomes stop counting while more of them count than of the next most active user,
plus a fixed lead. So at most one user is held back at a time: of two, one has as many as the other
at least. Who is away, or never takes part, holds nobody back, except where the votes of users alone
decide what is promoted: there a user is alone only if nobody else has taken part for two weeks, and
those who have not voted yet count as having no votes.

The rule depends on who reports and in which order, never on what they report or about which
prompt. Leaving out votes by this rule therefore keeps a fair voter's coin fair, and it does not
change the probability of an outcome given the past: the error bounds of the tests and detectors,
which are proved outcome by outcome, still hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

RECENT = 40
"""The newest counted outcomes with a name, among which a user's outcomes are compared with those of
another. More let a user who was silent for long catch up for longer."""
TAKING_PART = timedelta(days=1)
"""Whoever voted or gave feedback in this time takes part now. Longer: who went away holds the most
active of the others back for longer; shorter: a flood at a quiet time counts sooner."""
LATELY = timedelta(days=14)
"""The same where users alone decide what is promoted: nothing else would stop a flood while the
others sleep. Longer: one who left the team holds the last voter back for longer; shorter: a flood
decides when the others are away for so long."""
MOST_UNCOUNTED = 1 / 3
"""The share of the newest outcomes, in (0, 1), that may stay uncounted. Above it, accuracy is that
of too small a part to call a skill healthy."""


def is_counted(user: str, counted: Mapping[str, int], ahead: int, *, is_alone: bool = True) -> bool:
    """Whether one more vote or outcome of a user counts.

    There is no cap on a user who takes part alone, nor on those without a name: they may be many.

    Parameters
    ----------
    user
        The user's name; "" for whoever gives none.
    counted
        How many votes or outcomes count so far, by user, of those who take part now.
    ahead
        How many of them the user may be ahead of the next most active one, at least 1.
    is_alone
        Whether a user beside whom `counted` names nobody takes part alone. If not, there are others
        who have none yet.

    Examples
    --------
    >>> from tinyarms.experiments.voter_cap import is_counted
    >>> is_counted("ann", {"ann": 4, "bob": 3, "": 9}, ahead=2)
    True
    >>> is_counted("ann", {"ann": 5, "bob": 3, "": 9}, ahead=2)
    False
    >>> is_counted("ann", {"ann": 5, "": 9}, ahead=2)
    True
    >>> is_counted("ann", {"ann": 2, "": 9}, ahead=2, is_alone=False)
    False
    """
    others = [n for name, n in counted.items() if name not in ("", user)]
    if not is_alone:
        others.append(0)
    return not user or not others or counted.get(user, 0) < max(others) + ahead


def too_many_uncounted(newest: Sequence[bool]) -> bool:
    """Whether so many of the newest outcomes (True: it counts) do not count that accuracy says too
    little of them."""
    return newest.count(False) > MOST_UNCOUNTED * len(newest)
