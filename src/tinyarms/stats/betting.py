"""Betting e-values: evidence against "the mean is at most 0" that may be read at any time."""

from __future__ import annotations

from collections.abc import Sequence

_STAKES = (0.1, 0.2, 0.35, 0.5, 0.75)
"""The share of its wealth that each part bets, in (0, 1). High stakes find large means early; low
ones find small means at all."""


def betting_e_value(differences: Sequence[float]) -> float:
    """The wealth of a gambler who bets that the mean of `differences` is above 0; at least 0.

    The wealth starts at 1 and is split evenly over five constant stakes s; each difference d
    multiplies a part by 1 + s·d. While no d has a conditional mean above 0, the wealth is a
    supermartingale, so the probability that it ever reaches 1/alpha is at most alpha, however
    often it is read (Ville's inequality).

    Parameters
    ----------
    differences
        Values in [−1, 1], oldest first.

    Examples
    --------
    >>> from tinyarms.stats.betting import betting_e_value
    >>> betting_e_value([])
    1.0
    >>> round(betting_e_value([1, 1, 0, 1, 1, -1, 1, 1, 1, 1]), 2)
    9.47
    >>> round(betting_e_value([0.2, -0.2] * 5), 2)
    0.96

    References
    ----------
    Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting" (arXiv
    2010.09686).
    """
    total = 0.0
    for stake in _STAKES:
        wealth = 1.0
        for difference in differences:
            wealth *= 1 + stake * difference
        total += wealth
    return total / len(_STAKES)
