"""An interval for the mean of scores."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

import scipy


def mean_interval(
    values: Sequence[float], confidence: float = 0.95
) -> tuple[float, float, float, float] | None:
    """Mean, standard deviation and the ends of Student's t interval; `None` for fewer than 2.

    The ends are not cut off at the range of the values.

    Parameters
    ----------
    confidence
        In (0, 1).

    Examples
    --------
    >>> from tinyarms.stats.mean_interval import mean_interval
    >>> [round(number, 3) for number in mean_interval([0.2, 0.4, 0.9, 0.5])]
    [0.5, 0.294, 0.032, 0.968]

    References
    ----------
    Student 1908, "The probable error of a mean", Biometrika 6, pages 1 to 25.
    """
    n = len(values)
    if n < 2:
        return None
    mean, deviation = fmean(values), stdev(values)
    half = float(scipy.special.stdtrit(n - 1, (1 + confidence) / 2)) * deviation / sqrt(n)
    return mean, deviation, mean - half, mean + half
