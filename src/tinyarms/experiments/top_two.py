"""Top-two Thompson sampling with floors, its probabilities exact.

Draw all rates from their posteriors: the highest is the leader. With probability β = ½ the task
is the leader's, else one draws again until another arm is highest, and it is that arm's. Source:
Russo (2016), "Simple Bayesian Algorithms for Best Arm Identification". Plain Thompson sampling
starves the arms that a test has to compare with; this one keeps comparing the best two. The
probabilities follow from P(best), so nothing is drawn to get them; two arms get half each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyarms.stats.arrays import Array
from tinyarms.stats.beta import Counts, probability_best

BETA = 0.5
FIRST = 10
"""Outcomes of each arm before the posteriors steer anything; until then all are as likely."""


def top_two(counts: Sequence[Counts], floors: Sequence[float]) -> list[float]:
    """The probability of each arm, in the order given; they sum to 1.

    `counts`: (successes, failures) of at least one arm. `floors`: the least probability of each,
    in sum at most 1; they do not hold in the first rounds, in which all arms are as likely.
    """
    if len(counts) == 1 or any(sum(count) < FIRST for count in counts):
        return [1 / len(counts)] * len(counts)
    shares = top_two_shares(np.array(probability_best(counts)), np.array(floors))
    return [float(share) for share in shares]


def top_two_shares(best: Array, floors: Array) -> Array:
    """The same from P(best), for many tests at once: (tests, arms), or (arms,) for one.

    P(a) = P(a best)·(β + (1 − β) Σ P(j best) / P(j not best)) over the other arms j.
    """
    others = best[..., None, :] * (1 - np.eye(best.shape[-1]))  # the leader, the second
    # Where one is so sure of the leader that nothing is left to tell the others apart.
    others = others + 1e-300 * (1 - np.eye(best.shape[-1]))
    second = others / others.sum(axis=-1, keepdims=True)
    shares = BETA * best + (1 - BETA) * (best[..., None] * second).sum(axis=-2)
    return with_floors(shares, floors)


def with_floors(shares: Array, floors: Array) -> Array:
    """Lift arms to their floors; the others share what is left, in their proportions."""
    lifted = np.zeros(shares.shape, dtype=bool)
    for _ in range(shares.shape[-1]):
        left = 1 - np.where(lifted, floors, 0).sum(axis=-1, keepdims=True)
        free = np.where(lifted, 0, shares).sum(axis=-1, keepdims=True)
        lifted |= shares * left < floors * free
    left = 1 - np.where(lifted, floors, 0).sum(axis=-1, keepdims=True)
    free = np.where(lifted, 0, shares).sum(axis=-1, keepdims=True)
    result: Array = np.where(lifted, floors, shares * left / np.where(free > 0, free, 1))
    return result
