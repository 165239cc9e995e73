"""The slopes of the prior: how far to trust the evidence of words and of runs of characters."""

from __future__ import annotations

from itertools import product

import numpy as np

from tinyarms.memory.features import KINDS
from tinyarms.stats.arrays import Array

STEPS = (0.0, *np.geomspace(0.02, 4.0, 20).tolist())
"""The slopes that are tried, where evidence has a standard deviation of 1; 0: no trust."""
SLOPE_SD = 2.0
"""Standard deviation of the normal prior of such a slope. Lower: few examples are trusted less."""


def fit_slopes(evidence: Array, shares: Array, label: Array) -> Array:
    """The slopes with the least log loss, among those of `STEPS`: float64, shape (KINDS,).

    Parameters
    ----------
    evidence
        Of n examples, each left out of the rows that count: shape (n, KINDS, labels).
    shares
        The logs of the labels' probabilities without any evidence: shape (n, labels).
    label
        The index of each example's label: shape (n,).
    """
    centred = evidence - evidence.mean(axis=2, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=(0, 2)))
    scaled = centred / np.where(spread > 0, spread, 1.0)[:, None]
    right = np.arange(len(label)), label

    def loss(slopes: tuple[float, ...]) -> float:
        logits = shares + np.tensordot(scaled, np.array(slopes), axes=(1, 0))
        most = logits.max(axis=1)
        normal = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
        return float((normal - logits[right]).sum() + sum(s**2 for s in slopes) / 2 / SLOPE_SD**2)

    best = np.array(min(product(STEPS, repeat=KINDS), key=loss))
    return np.where(spread > 0, best / np.where(spread > 0, spread, 1.0), 0.0)
