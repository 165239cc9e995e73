"""The distribution over labels that the rows suggest for a text: complement naive Bayes.

Complement naive Bayes (Rennie et al. 2003, "Tackling the Poor Assumptions of Naive Bayes Text
Classifiers") weighs a feature against a label by how often the rows of all *other* labels have it.
Here each row counts as one, shared evenly among its features, so that long texts do not count more.

Features are not independent, so their sum is too sure of itself. A slope for words and one for runs
of characters correct that; `slopes.py` fits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinyarms.memory.features import BUCKETS, kinds_of
from tinyarms.memory.index import Index, Seen
from tinyarms.stats.arrays import Array

SMOOTHING = 0.5
"""Added to how often the rows of other labels have a feature, in average shares of a row. Higher:
rare features count less."""
WHOLE_ROW = 1 << 16
"""What a row counts. Its shares are whole numbers, so that leaving it out is exact."""
FEW_ROWS = 3
"""The rows of a feature are counted when a text asks for it, if it has no more than these, or no
more than half as many as there are labels. Higher: slower; lower: larger files."""
LEAST_ROWS = 10
"""With fewer rows, or one label only, the prior is the labels' shares."""


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """What the prior needs of the rows themselves."""

    labels: int
    """Number of labels."""
    label: Array
    """The index of each row's label; `labels` where it has none of them: int64, shape (rows,)."""
    lengths: Array
    """Number of each row's features of each kind: int64, shape (KINDS, rows)."""

    @cached_property
    def shares(self) -> Array:
        """What each row counts for each of its features: int64, shape (KINDS, rows)."""
        return WHOLE_ROW // np.maximum(1, self.lengths)

    @cached_property
    def total_lengths(self) -> Array:
        """Number of each row's features: int64, shape (rows,)."""
        return np.asarray(self.lengths.sum(axis=0))

    def of_label(self, hidden: Array | None) -> Array:
        """Number of rows of each label that are not hidden: int64, shape (labels,)."""
        return self._of_label if hidden is None else self._count(self.label[~hidden])

    def mean_lengths(self, hidden: Array | None) -> Array:
        """Mean number of features of each kind, at least 1, of the rows that are not hidden:
        float64, shape (KINDS,)."""
        return self._mean_lengths if hidden is None else _mean(self.lengths[:, ~hidden])

    def _count(self, label: Array) -> Array:
        return np.bincount(label, minlength=self.labels + 1)[: self.labels]

    @cached_property
    def _of_label(self) -> Array:
        return self._count(self.label)

    @cached_property
    def _mean_lengths(self) -> Array:
        return _mean(self.lengths)


def _mean(lengths: Array) -> Array:
    return np.asarray(np.maximum(1.0, lengths.sum(axis=1) / max(1, lengths.shape[1])))


@dataclass(frozen=True, eq=False)
class CommonFeatures:
    """What the rows count for the features that more than a few of them have."""

    features: Array
    """Ascending: uint32, shape (features,)."""
    counted: Array
    """Sum of the shares of each label's rows: unsigned integers, shape (features, labels)."""

    @staticmethod
    def of(rows: LabelledRows, features_of_rows: Sequence[Array], index: Index) -> CommonFeatures:
        """Count them."""
        common = np.flatnonzero(index.counts > max(FEW_ROWS, rows.labels // 2))
        places = _places(common)
        counted = np.zeros((len(common), rows.labels + 1), dtype=np.int64)
        for row, features in enumerate(features_of_rows):
            at = places[features]
            at = at[at >= 0]
            counted[at, rows.label[row]] += rows.shares[kinds_of(common[at]), row]
        least = np.min_scalar_type(int(counted.max(initial=0)))
        return CommonFeatures(common.astype(np.uint32), counted[:, :-1].astype(least))

    @cached_property
    def places(self) -> Array:
        """Where each feature is in `features`; -1 if it is not: int32, shape (BUCKETS,)."""
        return _places(self.features)


def _places(features: Array) -> Array:
    places = np.full(BUCKETS, -1, dtype=np.int32)
    places[features] = np.arange(len(features), dtype=np.int32)
    return places


def evidence(rows: LabelledRows, index: Index, common: CommonFeatures, seen: Seen) -> Array:
    """How much likelier each label makes the text's features, in nats: shape (KINDS, labels).

    At least two labels must have rows that may be seen.
    """
    places = common.places[seen.features]
    is_common = places >= 0
    rare, often = np.flatnonzero(~is_common), np.flatnonzero(is_common)
    return np.asarray(
        _evidence_of(rows, seen, rare, _counted(rows, index, seen, rare))
        + _evidence_of(
            rows, seen, often, _of_common(rows, common.counted[places[often]], seen, often)
        )
    )


def _evidence_of(rows: LabelledRows, seen: Seen, chosen: Array, counted: Array) -> Array:
    """The evidence of some of the text's features: shape (KINDS, labels).

    `chosen`: their positions, ascending. `counted`: shape (labels, features).
    """
    kinds = kinds_of(seen.features[chosen])
    words = int(np.searchsorted(kinds, 1))
    of_label = rows.of_label(seen.hidden)
    least = SMOOTHING * WHOLE_ROW / rows.mean_lengths(seen.hidden)
    total = counted.sum(axis=0)
    logs = np.log((total + least[kinds]) - counted)
    logs[:, total == 0] = 0  # Only rows without a label have the feature.
    known = np.array([np.count_nonzero(total[:words]), np.count_nonzero(total[words:])])
    most = np.log(WHOLE_ROW * (of_label.sum() - of_label))
    sums = np.array([logs[:, :words].sum(axis=1), logs[:, words:].sum(axis=1)])
    return np.asarray(known[:, None] * most - sums)


def _counted(rows: LabelledRows, index: Index, seen: Seen, chosen: Array) -> Array:
    """The sum of the shares of each label's rows that have a chosen feature: whole numbers as
    float64, shape (labels, features)."""
    position, row = index.pairs(seen, chosen)
    shares = rows.shares[kinds_of(seen.features[chosen])[position], row]
    cells = rows.label[row] * len(chosen) + position
    counted = np.bincount(cells, weights=shares, minlength=(rows.labels + 1) * len(chosen))
    return counted.astype(np.float64, copy=False).reshape(rows.labels + 1, -1)[:-1]


def _of_common(rows: LabelledRows, counted: Array, seen: Seen, chosen: Array) -> Array:
    """What is counted for the text's common features, without what hidden rows counted: float64,
    shape (labels, features). `counted`: shape (features, labels)."""
    left = counted.T.astype(np.float64, order="C")
    if seen.hidden_features:
        features = seen.features[chosen]
        for row, of_row in seen.hidden_features:
            if rows.label[row] < rows.labels:
                has = np.isin(features, of_row, assume_unique=True)
                left[rows.label[row], has] -= rows.shares[kinds_of(features[has]), row]
    return left


def logprobs(evidence: Array | None, slopes: Array, of_label: Array) -> Array:
    """Natural logarithms of the labels' probabilities: shape (labels,).

    Parameters
    ----------
    evidence
        Shape (KINDS, labels); `None`: the labels' shares alone.
    slopes
        How far to trust each kind's evidence: shape (KINDS,).
    of_label
        Number of rows of each label that may be seen: shape (labels,).
    """
    logits = np.log((of_label + 1) / (of_label.sum() + len(of_label)))
    if evidence is not None:
        logits = logits + slopes @ evidence
    most = logits.max()
    return np.asarray(logits - most - np.log(np.exp(logits - most).sum()))
