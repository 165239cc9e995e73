"""Top-two Thompson sampling with floors and exact probabilities.

The algorithm draws all rates from their posteriors; the arm with the highest rate is the leader.
With probability β = ½ the leader gets the task, else the draws are repeated until another arm is
highest, and that arm gets it. Source: Russo (2016), "Simple Bayesian Algorithms for Best Arm
Identification". Plain Thompson sampling soon gives hardly any tasks to the other arms; top-two
sampling keeps comparing the best two. This module computes the probabilities from P(best) instead
of drawing; two arms get half of the tasks each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyarms.stats.arrays import Array
from tinyarms.stats.beta import Counts, probability_best

BETA = 0.5
"""The probability, in (0, 1), that the leader gets a task. A higher one compares the best two arms
less."""
MIN_OUTCOMES = 10
"""Outcomes that each arm must have before the posteriors steer the allocation; until then all arms
are equally likely. With more, the better arms get more tasks later."""


def top_two(counts: Sequence[Counts], floors: Sequence[float]) -> list[float]:
    """The probability of each arm for the next task, in the order given; they sum to 1.

    Parameters
    ----------
    counts
        (successes, failures) of each arm; there is at least one arm.
    floors
        The least probability of each arm, with a sum of at most 1. They do not apply while an arm
        has fewer than 10 outcomes, because all arms are equally likely then.

    Examples
    --------
    >>> from tinyarms.experiments.top_two import top_two
    >>> [round(p, 3) for p in top_two([(14, 6), (18, 2), (9, 11)], floors=[0.2, 0.1, 0.1])]
    [0.448, 0.452, 0.1]
    """
    if len(counts) == 1 or any(sum(count) < MIN_OUTCOMES for count in counts):
        return [1 / len(counts)] * len(counts)
    shares = top_two_shares(np.array(probability_best(counts)), np.array(floors))
    return [float(share) for share in shares]


def top_two_shares(best: Array, floors: Array) -> Array:
    """The probabilities of `top_two` from P(best), for many tests at once.

    P(a) = P(a best)·(β + (1 − β) Σ P(j best) / P(j not best)) over the other arms j. All arrays
    have the shape (tests, arms), or (arms,) for one test.
    """
    others = best[..., None, :] * (1 - np.eye(best.shape[-1]))  # axes: the leader, the second
    # If the leader is so certain that P(best) of all others is 0, they share the rest equally.
    others = others + 1e-300 * (1 - np.eye(best.shape[-1]))
    second = others / others.sum(axis=-1, keepdims=True)
    shares = BETA * best + (1 - BETA) * (best[..., None] * second).sum(axis=-2)
    return with_floors(shares, floors)


def with_floors(shares: Array, floors: Array) -> Array:
    """Lift arms to their floors; the others share the rest in proportion to their shares."""
    lifted = np.zeros(shares.shape, dtype=bool)
    for _ in range(shares.shape[-1]):
        left = 1 - np.where(lifted, floors, 0).sum(axis=-1, keepdims=True)
        free = np.where(lifted, 0, shares).sum(axis=-1, keepdims=True)
        lifted |= shares * left < floors * free
    left = 1 - np.where(lifted, floors, 0).sum(axis=-1, keepdims=True)
    free = np.where(lifted, 0, shares).sum(axis=-1, keepdims=True)
    result: Array = np.where(lifted, floors, shares * left / np.where(free > 0, free, 1))
    return result
