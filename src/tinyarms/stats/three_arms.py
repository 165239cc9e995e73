"""P(best) of three Beta posteriors, computed for many tests at once."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.polynomial.legendre import leggauss

from tinyarms.stats.arrays import Array


class BestOfThree:
    """P(best) of three arms with the posteriors Beta(1 + s, 1 + f), up to `limit` of each count.

    Exact: the integrand is a polynomial of a degree that the quadrature integrates exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyarms.stats.three_arms import BestOfThree
    >>> p_best = BestOfThree(limit=20)(np.array([[12, 8, 8]]), np.array([[8, 12, 12]]))
    >>> p_best.round(3)
    array([[0.82, 0.09, 0.09]])
    """

    def __init__(self, limit: int) -> None:
        nodes, weights = leggauss(2 * limit)
        x = (nodes + 1) / 2
        s, f = np.meshgrid(np.arange(limit + 1), np.arange(limit + 1), indexing="ij")
        a, b = (1 + s)[..., None], (1 + f)[..., None]
        self.density = (
            np.exp(
                scipy.special.xlogy(a - 1, x)
                + scipy.special.xlog1py(b - 1, -x)
                - scipy.special.betaln(a, b)
            )
            * weights
            / 2
        )
        self.below = scipy.special.betainc(a, b, x)

    def __call__(self, s: Array, f: Array) -> Array:
        """From (tests, 3) successes `s` and failures `f` to (tests, 3) probabilities."""
        p_best = np.empty(s.shape)
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            both = self.below[s[:, j], f[:, j]] * self.below[s[:, k], f[:, k]]
            p_best[:, i] = (self.density[s[:, i], f[:, i]] * both).sum(axis=1)
        return p_best
