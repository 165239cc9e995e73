"""P(best) of three Beta posteriors, for many tests at once."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.polynomial.legendre import leggauss

from tinyarms.stats.arrays import Array


class BestOfThree:
    """Of Beta(1 + s, 1 + f) with counts up to `limit`: exact, as the integrand is a polynomial."""

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
        """(tests, 3) counts of successes and failures → (tests, 3) probabilities."""
        found = np.empty(s.shape)
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            both = self.below[s[:, j], f[:, j]] * self.below[s[:, k], f[:, k]]
            found[:, i] = (self.density[s[:, i], f[:, i]] * both).sum(axis=1)
        return found
