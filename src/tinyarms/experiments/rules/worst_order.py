"""The most probable false promotion of a test of two challengers, over all orders of ballots.

Equal outputs share one option, so a ballot compares the incumbent with the first challenger, with
the second, with both as one option, or with each of them. Which of these comes next may depend on
all earlier votes. Dynamic programming computes the largest probability over all such orders,
backwards from the last vote (Bellman 1957, "Dynamic Programming").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyarms.experiments.rules.lead_rule import Boundary
from tinyarms.stats.arrays import Array

_LOWEST_FACTOR = 2
"""The lowest lead that is distinguished, as a multiple of the lead that promotes; a lower lead
counts as this one, which can only raise the result. Higher: more precise and slower."""


def worst_false_promotion(boundaries: Sequence[Boundary]) -> float:
    """The probability, in [0, 1], that one of two challengers is promoted in the worst order.

    Users do not prefer a challenger to the incumbent on any ballot. Then equal preferences are the
    worst case, with three options a third each: the probability is linear in the preferences, so
    its maximum lies at a corner of the allowed set.

    Parameters
    ----------
    boundaries
        The leads that end the test after vote 1, 2 … up to its limit.

    Examples
    --------
    >>> from tinyarms.experiments.rules.lead_rule import Boundary
    >>> from tinyarms.experiments.rules.worst_order import worst_false_promotion
    >>> round(worst_false_promotion([Boundary(9, None)] * 20), 3)
    0.06
    """
    top = max(promote_at for promote_at, _ in boundaries)
    lowest = -_LOWEST_FACTOR * top
    lead = np.arange(lowest, top + 1)
    best = np.maximum.outer(lead, lead)
    chance = np.zeros(best.shape)
    for promote_at, keep_below in reversed(boundaries):
        chance[best >= promote_at] = 1.0
        if keep_below is not None:
            chance[best < keep_below] = 0.0
        chance = _backwards(chance)
    return float(chance[-lowest, -lowest])


def _backwards(chance_after: Array) -> Array:
    """(leads, leads): the probability before a vote, with the ballot that maximizes it."""
    padded = np.pad(chance_after, 1, mode="edge")
    first_up, first_down = padded[2:, 1:-1], padded[:-2, 1:-1]
    second_up, second_down = padded[1:-1, 2:], padded[1:-1, :-2]
    both_up, both_down = padded[2:, 2:], padded[:-2, :-2]
    of_two = np.maximum(
        np.maximum(first_up + first_down, second_up + second_down), both_up + both_down
    )
    of_three = first_up + second_up + both_down
    return np.asarray(np.maximum(of_two / 2, of_three / 3))
