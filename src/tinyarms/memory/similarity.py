"""How similar each row is to a text: TF-IDF with the length normalisation of BM25."""

from __future__ import annotations

import numpy as np

from tinyarms.memory.index import MOST_ROWS, Postings
from tinyarms.stats.arrays import Array

_K1, _B = 1.2, 0.75
"""How much a row's length counts, as usual for BM25 (Robertson and Zaragoza 2009). Both at 0: not
at all."""


def similarities(postings: Postings, lengths: Array, hidden: Array | None) -> Array:
    """The similarity of each row; 0 or more: float64, shape (rows,).

    A feature that is shared adds the square of its inverse document frequency.

    Parameters
    ----------
    postings
        Of the text's features, without hidden rows.
    lengths
        Number of each row's features: shape (rows,).
    hidden
        Whether a row is not seen: bool, shape (rows,); `None`: all are seen.
    """
    seen = lengths if hidden is None else lengths[~hidden]
    if not len(seen):
        return np.zeros(len(lengths))
    rarity = np.log1p((len(seen) - postings.counts + 0.5) / (postings.counts + 0.5)) ** 2
    weights = np.where(postings.counts <= MOST_ROWS, rarity, 0.0)[postings.feature]
    shared = np.bincount(postings.row, weights=weights, minlength=len(lengths))
    return np.asarray(shared / (1 + _K1 * (1 - _B + _B * lengths / max(1.0, seen.mean()))))


def most_similar(similarity: Array, k: int, hidden: Array | None) -> list[int]:
    """The `k` most similar rows that are not hidden, the best first, and of equals the first."""
    rows = np.arange(len(similarity)) if hidden is None else np.flatnonzero(~hidden)
    values = similarity[rows]
    if 0 < k < len(rows):
        rows = rows[values >= np.partition(values, -k)[-k]]
    best = np.argsort(-similarity[rows], kind="stable")
    found: list[int] = rows[best[: max(0, k)]].tolist()
    return found
