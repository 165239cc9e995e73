"""The cap on one user's votes and outcomes, compared with those of the other active users.

A user's further votes or outcomes do not count while that user is a fixed number ahead of the next
most active user. So the cap never applies to two users at once. Users who are away or never take
part do not affect it, except if users alone decide what is promoted. Then a user is alone only if
nobody else has been active for two weeks, and users who have not voted yet have zero votes.

The cap depends on who reports and in which order, never on what they report or about which prompt.
So leaving out votes by the cap does not change the probability of an outcome given the past, and
the error bounds of the live tests and detectors, which are proved outcome by outcome, still hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

RECENT = 40
"""The number of newest counted outcomes with a user's name in which the cap compares users. With
more, a user who was silent for a long time can catch up for longer."""
ACTIVE_TIME = timedelta(days=1)
"""Users are active for this time after a vote or feedback. Longer: a user who went away caps the
most active of the others for longer. Shorter: many votes of one user at a quiet time count
sooner."""
ACTIVE_TIME_WITHOUT_GATE = timedelta(days=14)
"""The same if users alone decide what is promoted, because no offline gate would stop one user who
votes while the others sleep. Longer: a user who left the team caps the last voter for longer.
Shorter: one user can decide a test while the others are away."""
MAX_UNCOUNTED = 1 / 3
"""The largest share, in (0, 1), of the newest outcomes that may not count. Above it, the accuracy
of the others is not enough to call a skill healthy."""


def is_counted(
    user: str, counts: Mapping[str, int], max_ahead: int, *, is_alone: bool = True
) -> bool:
    """Whether one more vote or outcome of a user counts.

    There is no cap on the only active user, nor on votes without a name: they may be of many users.

    Parameters
    ----------
    user
        The user's name; "" for no name.
    counts
        How many votes or outcomes count so far, by active user.
    max_ahead
        By how many the user may be ahead of the next most active user, at least 1.
    is_alone
        Whether the user is the only active one if `counts` names nobody else. False: there are
        others, who have no votes yet.

    Examples
    --------
    >>> from tinyarms.experiments.voter_cap import is_counted
    >>> is_counted("ann", {"ann": 4, "bob": 3, "": 9}, max_ahead=2)
    True
    >>> is_counted("ann", {"ann": 5, "bob": 3, "": 9}, max_ahead=2)
    False
    >>> is_counted("ann", {"ann": 5, "": 9}, max_ahead=2)
    True
    >>> is_counted("ann", {"ann": 2, "": 9}, max_ahead=2, is_alone=False)
    False
    """
    others = [n for name, n in counts.items() if name not in ("", user)]
    if not is_alone:
        others.append(0)
    return not user or not others or counts.get(user, 0) < max(others) + max_ahead


def too_many_uncounted(newest: Sequence[bool]) -> bool:
    """Whether too many of the newest outcomes (True: it counts) do not count, so that the accuracy
    of the others says too little."""
    return newest.count(False) > MAX_UNCOUNTED * len(newest)
