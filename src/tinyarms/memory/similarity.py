"""How similar each row is to a text: TF-IDF with the length normalisation of BM25."""

from __future__ import annotations

import numpy as np

from tinyarms.memory.index import MOST_ROWS, Index, Seen
from tinyarms.stats.arrays import Array

MOST_PAIRS = 10_000
"""Most pairs of a feature and a row that are compared; of a text with more, the commonest features
are ignored. Higher: slower."""
_K1, _B = 1.2, 0.75
"""How much a row's length counts, as usual for BM25 (Robertson and Zaragoza 2009). Both at 0: not
at all."""


def similarities(index: Index, seen: Seen, lengths: Array, mean: float) -> Array:
    """The similarity of each row, at least 0: float64, shape (rows,).

    A shared feature adds the square of its inverse document frequency.

    `lengths`: number of each row's features, shape (rows,). `mean`: their mean over the rows that
    may be seen, at least 1.
    """
    shown = len(seen.only(lengths))
    used = _used(seen.counts)
    counts = seen.counts[used]
    weights = np.log1p((shown - counts + 0.5) / (counts + 0.5)) ** 2
    position, row = index.pairs(seen, used)
    shared = np.bincount(row, weights=weights[position], minlength=len(lengths))
    return np.asarray(shared / (1 + _K1 * (1 - _B) + _K1 * _B / mean * lengths))


def _used(counts: Array) -> Array:
    """The positions of the features that are compared, ascending.

    `counts`: number of rows that have each feature.
    """
    rare = np.flatnonzero(counts <= MOST_ROWS)
    if counts[rare].sum() <= MOST_PAIRS:
        return rare
    order = rare[np.argsort(counts[rare], kind="stable")]
    return np.sort(order[np.cumsum(counts[order]) <= MOST_PAIRS])


def most_similar(similarity: Array, k: int, hidden: Array | None) -> list[int]:
    """The `k` most similar rows that are not hidden, the best first, and of equals the first."""
    rows = np.arange(len(similarity)) if hidden is None else np.flatnonzero(~hidden)
    values = similarity[rows]
    if 0 < k < len(rows):
        rows = rows[values >= np.partition(values, -k)[-k]]
    best = np.argsort(-similarity[rows], kind="stable")
    found: list[int] = rows[best[: max(0, k)]].tolist()
    return found
