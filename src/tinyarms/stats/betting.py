"""Betting e-values: evidence against "the mean is at most 0" that may be looked at any time."""

from __future__ import annotations

from collections.abc import Sequence

_STAKES = (0.1, 0.2, 0.35, 0.5, 0.75)


def betting_e_value(differences: Sequence[float]) -> float:
    """The wealth of a gambler who bets that the mean of `differences` is above 0; at least 0.

    `differences`: values in [−1, 1], oldest first. The wealth starts at 1, is split evenly over
    five constant stakes s, and each part grows by 1 + s·d. While no d has a conditional mean above
    0 the wealth is a supermartingale, so it ever reaches 1/alpha with a probability of at most
    alpha, however often one looks (Ville's inequality). Source: Waudby-Smith & Ramdas 2024,
    "Estimating means of bounded random variables by betting" (arXiv 2010.09686).
    """
    total = 0.0
    for stake in _STAKES:
        wealth = 1.0
        for difference in differences:
            wealth *= 1 + stake * difference
        total += wealth
    return total / len(_STAKES)
