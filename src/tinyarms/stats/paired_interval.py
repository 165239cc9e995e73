"""An interval for the difference of two success rates on the same examples."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from tinyarms.core.errors import UsageError
from tinyarms.stats.non_inferiority import margin_score

_STEPS = 40
"""Halvings of the range of the difference, for each end. More: digits that nobody reads."""


def paired_interval(
    wins: int, losses: int, n: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Tango's score interval of the difference of paired shares, in [−1, 1]; `None` if n = 0.

    It holds the differences that the score statistic does not reject, so it is also right for few
    pairs that differ, where a normal interval is too short. Raises `UsageError` for impossible
    counts, and unless 0 < confidence < 1.

    Parameters
    ----------
    wins, losses
        How many pairs only `after` got right, and how many only `before` did.
    n
        The number of pairs, ties included.

    Examples
    --------
    Of 300 rows, 20 got right and 40 got wrong:

    >>> from tinyarms.stats.paired_interval import paired_interval
    >>> low, high = paired_interval(wins=20, losses=40, n=300)
    >>> round(low, 3), round(high, 3)
    (-0.118, -0.017)

    References
    ----------
    Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17, pages 891 to 908.
    """
    if min(wins, losses) < 0 or wins + losses > n or not 0 < confidence < 1:
        raise UsageError(
            f"No interval for {wins} wins and {losses} losses of {n} pairs at {confidence}.",
            "Give counts ≥ 0 whose sum is at most n, and 0 < confidence < 1.",
        )
    if n == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return _lower_end(wins, losses, n, z), -_lower_end(losses, wins, n, z)


def _lower_end(wins: int, losses: int, n: int, z: float) -> float:
    """The smallest difference of which the observed one is at most z standard deviations above."""
    if losses == n:
        return -1.0
    low, high = -1.0, (wins - losses) / n
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _score(wins, losses, n, middle) > z:
            low = middle
        else:
            high = middle
    return high


def _score(wins: int, losses: int, n: int, difference: float) -> float:
    """How far the observed difference lies above `difference`, in standard deviations."""
    if difference > 0:  # The same from the other side.
        return -_score(losses, wins, n, -difference)
    if wins == losses == 0 and difference == 0:
        return 0.0
    return float(margin_score(np.array(wins), np.array(losses), n, -difference))
