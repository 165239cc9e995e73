"""An inverted index: for each feature the rows that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyarms.memory.features import BUCKETS
from tinyarms.stats.arrays import Array

MOST_ROWS = 500
"""A feature that more rows have is not read: it says little. Higher: slower."""


@dataclass(frozen=True)
class Postings:
    """The rows that have some features of a text, as pairs of a feature and a row.

    Only features that at least one of the rows has, and at most `MOST_ROWS` of them.
    """

    feature: Array
    """The position of each pair's feature: int64, ascending, shape (number of pairs,)."""
    row: Array
    """Each pair's row: int64, shape (number of pairs,)."""
    counts: Array
    """For each feature the number of rows that have it, from 1: int64, shape (features,)."""


@dataclass(frozen=True, eq=False)
class Index:
    """The rows of each feature."""

    rows: Array
    """The rows of feature 0, then those of feature 1 …; ascending within a feature: unsigned
    integers."""
    ends: Array
    """Where each feature's rows end in `rows`: uint32, shape (BUCKETS,)."""
    lengths: Array
    """Number of features of each row: uint32, shape (number of rows,)."""

    @staticmethod
    def of(features_of_rows: Sequence[Array]) -> Index:
        """`features_of_rows`: the different features of each row."""
        lengths = np.array([len(features) for features in features_of_rows], dtype=np.uint32)
        number = np.min_scalar_type(len(lengths))
        every = np.concatenate([np.empty(0, dtype=np.int64), *features_of_rows])
        rows = np.repeat(np.arange(len(lengths), dtype=number), lengths)
        order = np.argsort(every, kind="stable")
        ends = np.cumsum(np.bincount(every, minlength=BUCKETS)).astype(np.uint32)
        return Index(rows[order], ends, lengths)

    def read(self, features: Array, hidden: Array | None) -> Postings:
        """The rows that have these features.

        `hidden`: whether a row must not be seen: bool, shape (number of rows,); `None`: all are
        seen. The answer is that of an index without the hidden rows.
        """
        ends = self.ends[features].astype(np.int64)
        begins = np.where(features > 0, self.ends[features - 1], 0).astype(np.int64)
        counts = ends - begins
        most = MOST_ROWS + (0 if hidden is None else int(hidden.sum()))
        used = (counts > 0) & (counts <= most)
        counts = counts[used]
        spans = zip(begins[used].tolist(), ends[used].tolist(), strict=True)
        parts = [self.rows[begin:end] for begin, end in spans]
        row = np.concatenate([self.rows[:0], *parts]).astype(np.int64)
        feature = np.repeat(np.arange(len(counts)), counts)
        if hidden is None:
            return Postings(feature, row, counts)
        seen = ~hidden[row]
        counts = np.bincount(feature[seen], minlength=len(counts))
        kept = (counts > 0) & (counts <= MOST_ROWS)
        seen &= kept[feature]
        position = np.cumsum(kept) - 1
        return Postings(position[feature[seen]], row[seen], counts[kept])
