"""An inverted index: for each feature the rows that have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinyarms.memory.features import BUCKETS
from tinyarms.stats.arrays import Array

MOST_ROWS = 500
"""A feature of more rows hardly makes one of them similar, and is not compared. Higher: larger
files."""
SPARE_ROWS = 100
"""So many more rows of a feature are stored, because some of them may have to be left out."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Which rows may be seen, and the features of a text that at least one of them has."""

    features: Array
    """Ascending: int64, shape (features,)."""
    counts: Array
    """Number of rows that may be seen and have each feature: int64, shape (features,)."""
    hidden: Array | None
    """Whether a row must not be seen: bool, shape (rows,); `None`: all may be seen."""
    hidden_features: Sequence[tuple[int, Array]]
    """The numbers of the hidden rows, and their features."""

    def only(self, rows: Array) -> Array:
        """Those that may be seen. `rows`: values for each row, which is the last axis."""
        return rows if self.hidden is None else rows[..., ~self.hidden]


@dataclass(frozen=True, eq=False)
class Index:
    """The rows of each feature that at most `MOST_ROWS + SPARE_ROWS` rows have."""

    counts: Array
    """Number of rows that have each feature: unsigned integers, shape (BUCKETS,)."""
    rows: Array
    """The rows of feature 0, then those of feature 1 …; ascending within a feature: unsigned
    integers."""

    @staticmethod
    def of(features_of_rows: Sequence[Array]) -> Index:
        """`features_of_rows`: the different features of each row."""
        size = [len(features) for features in features_of_rows]
        number = np.min_scalar_type(len(size))
        every = np.concatenate([np.empty(0, dtype=np.int32), *features_of_rows])
        counts = np.bincount(every, minlength=BUCKETS)
        kept = counts[every] <= MOST_ROWS + SPARE_ROWS
        row = np.repeat(np.arange(len(size), dtype=number), size)[kept]
        return Index(counts.astype(number), row[np.argsort(every[kept], kind="stable")])

    def see(
        self, features: Array, hidden: Array | None, hidden_features: Iterable[tuple[int, Array]]
    ) -> Seen:
        """The features of a text that rows have which are not hidden."""
        counts = self.counts[features].astype(np.int64)
        known = list(hidden_features)
        for _, of_row in known:
            counts -= np.isin(features, of_row, assume_unique=True)
        some = counts > 0
        return Seen(features[some], counts[some], hidden, known)

    def pairs(self, seen: Seen, chosen: Array) -> tuple[Array, Array]:
        """The chosen features, by their positions in `chosen`, and the rows that have them: as
        pairs, both int64, shape (pairs,).

        `chosen`: the positions in `seen.features` of features that at most `MOST_ROWS` rows have,
        if no more than `SPARE_ROWS` rows are hidden.
        """
        features = seen.features[chosen]
        counts = self.counts[features].astype(np.int64)
        # The pairs of a feature are `counts` places in `rows`, the last at its end.
        offsets = np.repeat(self._ends[features] - np.cumsum(counts), counts)
        position = np.repeat(np.arange(len(chosen)), counts)
        row = self.rows[offsets + np.arange(len(offsets))].astype(np.int64)
        if seen.hidden is None:
            return position, row
        shown = ~seen.hidden[row]
        return position[shown], row[shown]

    @cached_property
    def _ends(self) -> Array:
        """Where the rows of each feature end in `rows`."""
        stored = np.where(self.counts <= MOST_ROWS + SPARE_ROWS, self.counts, 0)
        return np.cumsum(stored, dtype=np.int64)
