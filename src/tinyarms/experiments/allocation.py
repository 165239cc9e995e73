"""Top-two Thompson sampling with floors, its probabilities exact.

Draw all rates from their posteriors: the highest is the leader. With probability β = ½ the task
is the leader's, else one draws again until another arm is highest, and it is that arm's. Source:
Russo (2016), "Simple Bayesian Algorithms for Best Arm Identification". Plain Thompson sampling
starves the arms that a test has to compare with; this one keeps comparing the best two. The
probabilities follow from P(best), so nothing is drawn to get them.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    return with_floors(_unbounded(probability_best(counts)), floors)


def _unbounded(best: Sequence[float]) -> list[float]:
    """P(a) = P(a best)·(β + (1 − β) Σ P(j best) / P(j not best)) over the others j."""
    shares = [BETA * p for p in best]
    for leader, p in enumerate(best):
        others = [0.0 if i == leader else each for i, each in enumerate(best)]
        total = sum(others)
        for i in range(len(best)):
            if i != leader:
                # So sure of the leader that nothing is left to tell the others apart.
                second = others[i] / total if total > 0 else 1 / (len(best) - 1)
                shares[i] += (1 - BETA) * p * second
    return shares


def with_floors(shares: Sequence[float], floors: Sequence[float]) -> list[float]:
    """Lift arms to their floors; the others share what is left, in their proportions."""
    lifted: set[int] = set()
    while True:
        left = 1 - sum(floors[i] for i in lifted)
        free = sum(share for i, share in enumerate(shares) if i not in lifted)
        now = [
            floors[i] if i in lifted else share * left / free for i, share in enumerate(shares)
        ]
        below = {i for i, share in enumerate(now) if share < floors[i] and i not in lifted}
        if not below:
            return now
        lifted |= below
