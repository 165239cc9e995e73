"""An inverted index: for each feature the rows that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyarms.memory.features import BUCKETS
from tinyarms.stats.arrays import Array

MOST_ROWS = 500
"""A feature of more rows is common: it hardly makes a row similar, and is not compared. Higher:
slower."""
SPARE_ROWS = 100
"""Rows of a feature beyond `MOST_ROWS` that are stored all the same: so many rows can be left out,
and it is still known which features are not common without them."""


@dataclass(frozen=True)
class Postings:
    """Pairs of a feature and a row that has it."""

    feature: Array
    """Each pair's feature, by its position: int64, ascending, shape (pairs,)."""
    row: Array
    """Each pair's row: int64, shape (pairs,)."""
    counts: Array
    """For each position the number of its pairs, at least 1: int64, shape (features,)."""
    features: Array
    """The feature at each position: int64, ascending, shape (features,)."""


@dataclass(frozen=True, eq=False)
class Index:
    """The rows of each feature that at most `MOST_ROWS + SPARE_ROWS` rows have."""

    rows: Array
    """The rows of feature 0, then those of feature 1 …; ascending within a feature: unsigned
    integers."""
    ends: Array
    """Where each feature's rows begin in `rows`, and then where the last end: uint32, shape
    (BUCKETS + 1,)."""

    @staticmethod
    def of(features_of_rows: Sequence[Array]) -> Index:
        """`features_of_rows`: the different features of each row."""
        every = np.concatenate([np.empty(0, dtype=np.int64), *features_of_rows])
        size = [len(features) for features in features_of_rows]
        row = np.repeat(np.arange(len(size), dtype=np.min_scalar_type(len(size))), size)
        counts = np.bincount(every, minlength=BUCKETS)
        counts[counts > MOST_ROWS + SPARE_ROWS] = 0
        kept = counts[every] > 0
        order = np.argsort(every[kept], kind="stable")
        ends = np.concatenate(([0], np.cumsum(counts))).astype(np.uint32)
        return Index(row[kept][order], ends)

    def read(self, features: Array, hidden: Array | None) -> Postings:
        """The rows that have these features, without the hidden rows.

        `hidden`: whether a row must not be seen: bool, shape (number of rows,); `None`: all are
        seen.
        """
        begins, ends = (
            self.ends[features].astype(np.int64),
            self.ends[features + 1].astype(np.int64),
        )
        counts = ends - begins
        some = counts > 0
        begins, ends, counts = begins[some], ends[some], counts[some]
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        row = np.concatenate([self.rows[:0], *[self.rows[begin:end] for begin, end in spans]])
        feature = np.repeat(np.arange(len(counts)), counts)
        found = Postings(feature, row.astype(np.int64), counts, features[some])
        return found if hidden is None else _without(found, hidden)


def _without(postings: Postings, hidden: Array) -> Postings:
    seen = ~hidden[postings.row]
    feature, row = postings.feature[seen], postings.row[seen]
    counts = np.bincount(feature, minlength=len(postings.counts))
    some = counts > 0
    position = np.cumsum(some) - 1
    return Postings(position[feature], row, counts[some], postings.features[some])
