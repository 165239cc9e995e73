"""The slope that makes the prior's probabilities as sure as they may be."""

from __future__ import annotations

import numpy as np

from tinyarms.memory.prior import LEAST_ROWS, log_shares
from tinyarms.stats.arrays import Array

_SLOPES = np.geomspace(0.001, 2.0, 60)


def fit_slope(evidence: Array, seen_of_label: Array, wanted: Array) -> float:
    """The slope with the least log loss; 0 if none is better than the labels' shares.

    Parameters
    ----------
    evidence
        Of each example, left out of the rows that were counted: shape (examples, labels).
    seen_of_label
        Number of the counted rows of each label: shape (examples, labels).
    wanted
        The index of each example's label: shape (examples,).
    """
    if len(wanted) < LEAST_ROWS:
        return 0.0
    shares = np.array([log_shares(seen) for seen in seen_of_label])
    losses = [_loss(shares + slope * evidence, wanted) for slope in (0.0, *_SLOPES)]
    return float((0.0, *_SLOPES)[int(np.argmin(losses))])


def _loss(logits: Array, wanted: Array) -> float:
    normal = np.logaddexp.reduce(logits, axis=1)
    return float((normal - logits[np.arange(len(wanted)), wanted]).sum())
