"""The cap on one user's votes and outcomes: the others' average plus a fixed lead.

The rule depends on who reports and in which order, never on what they report or about which
prompt. Leaving out votes by this rule therefore keeps a fair voter's coin fair, and it does not
change the probability of an outcome given the past: the error bounds of the tests and detectors,
which are proved outcome by outcome, still hold.
"""

from __future__ import annotations

from collections.abc import Sequence

RECENT = 40
"""The newest counted outcomes among which a user's outcomes are compared with the others'. More
let a user who was silent for long catch up for longer."""


def within_weight(own: int, others: int, participants: int, ahead: int) -> bool:
    """Whether one more vote or outcome of a user counts.

    It counts while the user has fewer than the others have on average, plus `ahead`. There is no
    cap on a user who takes part alone.

    Parameters
    ----------
    own, others
        Votes counted so far: the user's, and everybody else's together.
    participants
        How many users take part, this user included.
    ahead
        How many votes the user may be ahead of the others' average, at least 1.

    Examples
    --------
    >>> from tinyarms.experiments.voter_cap import within_weight
    >>> within_weight(own=4, others=9, participants=4, ahead=2)
    True
    >>> within_weight(own=5, others=9, participants=4, ahead=2)
    False
    """
    return participants < 2 or own * (participants - 1) < ahead * (participants - 1) + others


def outcome_counts(user: str, newest: Sequence[str], ahead: int) -> bool:
    """Whether one more outcome of a user counts, given who reported the newest counted ones.

    Parameters
    ----------
    user
        The user's name; "" for an outcome without one. All outcomes without a name belong to one
        participant, on whom there is no cap.
    newest
        Who reported the newest counted outcomes, at most `RECENT`.
    ahead
        As in `within_weight`.
    """
    own = sum(name == user for name in newest)
    participants = len({user, *newest})
    return not user or within_weight(own, len(newest) - own, participants, ahead)
