"""Dirichlet posteriors of the options' shares of the picks, under the uniform prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.polynomial.legendre import leggauss


def probability_most_picked(picks: Sequence[float]) -> list[float]:
    """For each option the probability that its true share of picks is the highest; they sum to 1.

    The shares are Dirichlet(1 + picks), that is, independent Gamma(1 + picks) variables over their
    sum, so the highest share belongs to the highest Gamma variable. Of two options, the share of
    one has a Beta distribution. Of more, the function integrates density × product of the others'
    distribution functions by Gauss-Legendre quadrature between the quantiles of all; error below
    1e-6. A pick that two options share is half a pick of each.

    Examples
    --------
    >>> from tinyarms.stats.dirichlet import probability_most_picked
    >>> [round(p, 3) for p in probability_most_picked([12, 6, 2])]
    [0.914, 0.083, 0.003]
    """
    if len(picks) == 2:
        first = float(scipy.special.betaincc(1 + picks[0], 1 + picks[1], 0.5))
        return [first, 1 - first]
    a = np.array([1 + n for n in picks], dtype=float)[:, None]
    edges = np.unique(np.concatenate([[0.0], scipy.special.gammaincinv(a, _LEVELS).ravel()]))
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    x = (middle[:, None] + half[:, None] * _NODES).ravel()
    weight = (half[:, None] * _WEIGHTS).ravel()
    density = np.exp((a - 1) * np.log(x) - x - scipy.special.gammaln(a))
    below = scipy.special.gammainc(a, x)
    best = [
        float(weight @ (density[i] * np.delete(below, i, axis=0).prod(axis=0)))
        for i in range(len(picks))
    ]
    return [share / sum(best) for share in best]


_NODES, _WEIGHTS = leggauss(16)
"""The quadrature rule for each interval: 16 nodes in [−1, 1] and their weights."""
_LEVELS = np.array([1e-9, 1e-6, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1 - 1e-4, 1 - 1e-9])
"""Probabilities whose quantiles, in every posterior, bound the intervals of the quadrature."""
