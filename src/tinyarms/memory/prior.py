"""The distribution over labels that the rows suggest for a text: complement naive Bayes.

Complement naive Bayes (Rennie et al. 2003, "Tackling the Poor Assumptions of Naive Bayes Text
Classifiers") weighs a feature against a label by how often the rows of all *other* labels have it.
Here each row counts as one, shared evenly among its features, so that long texts do not count more.

Features are not independent, so their sum is too sure of itself. A slope for words and one for runs
of characters correct that; `slopes.py` fits them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinyarms.memory.features import KINDS, kinds_of
from tinyarms.memory.index import Index, Postings
from tinyarms.stats.arrays import Array

SMOOTHING = 0.5
"""Added to how often the rows of other labels have a feature, in average shares of a row. Higher:
rare features count less."""
WHOLE_ROW = 1 << 16
"""What a row counts. Its shares are whole numbers, so that leaving it out is exact."""
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

    @property
    def shares(self) -> Array:
        """What each row counts for each of its features: int64, shape (KINDS, rows)."""
        return WHOLE_ROW // np.maximum(1, self.lengths)

    def of_label(self, hidden: Array | None) -> Array:
        """Number of rows of each label that are not hidden: int64, shape (labels,)."""
        label = self.label if hidden is None else self.label[~hidden]
        return np.bincount(label, minlength=self.labels + 1)[: self.labels]


@dataclass(frozen=True, eq=False)
class CommonFeatures:
    """What the rows count for features that have no postings, because too many rows have them."""

    features: Array
    """Ascending: uint32, shape (features,)."""
    counted: Array
    """Sum of the shares of each label's rows: unsigned integers, shape (features, labels)."""

    @staticmethod
    def of(rows: LabelledRows, features_of_rows: Sequence[Array], index: Index) -> CommonFeatures:
        """Count the features that rows have and `index` has not."""
        is_common = np.zeros(len(index.ends) - 1, dtype=bool)
        for features in features_of_rows:
            is_common[features] = True
        is_common &= np.diff(index.ends) == 0
        common = np.flatnonzero(is_common)
        counted = np.zeros((len(common), rows.labels + 1), dtype=np.int64)
        shares = rows.shares
        for row, features in enumerate(features_of_rows):
            at = np.searchsorted(common, features[is_common[features]])
            counted[at, rows.label[row]] += shares[kinds_of(common[at]), row]
        least = np.min_scalar_type(int(counted.max(initial=0)))
        return CommonFeatures(common.astype(np.uint32), counted[:, :-1].astype(least))

    def read(self, features: Array) -> tuple[Array, Array]:
        """Those of the features that are common, and what is counted: int64, (features, labels)."""
        at = np.searchsorted(self.features, features)
        at = at[np.append(self.features, 0)[at] == features]
        at = at[at < len(self.features)]
        return self.features[at].astype(np.int64), self.counted[at].astype(np.int64)


def evidence(
    rows: LabelledRows,
    postings: Postings,
    common: tuple[Array, Array],
    hidden: Array | None,
    hidden_features: Mapping[int, Array],
) -> Array:
    """How much likelier each label makes the text's features, in nats: shape (KINDS, labels).

    At least two labels must have rows that are not hidden.

    Parameters
    ----------
    postings
        Of the text's features, without hidden rows.
    common
        The text's common features and what is counted for them (`CommonFeatures.read`).
    hidden
        Whether a row must not be counted: bool, shape (rows,); `None`: all are counted.
    hidden_features
        The features of each hidden row, by its number.
    """
    features = np.concatenate([postings.features, common[0]])
    counted = np.concatenate(
        [_counted(rows, postings), _without_hidden(rows, *common, hidden_features)]
    )
    total = counted.sum(axis=1)
    features, counted, total = features[total > 0], counted[total > 0], total[total > 0]
    seen = rows.of_label(hidden)
    lengths = rows.lengths if hidden is None else rows.lengths[:, ~hidden]
    least = SMOOTHING * WHOLE_ROW / np.maximum(1.0, lengths.mean(axis=1))
    kinds = kinds_of(features)
    others = (total[:, None] - counted) + least[kinds, None]
    weights = np.log(WHOLE_ROW * (seen.sum() - seen)) - np.log(others)
    return np.array([weights[kinds == kind].sum(axis=0) for kind in range(KINDS)])


def _counted(rows: LabelledRows, postings: Postings) -> Array:
    """The sum of the shares of each label's rows that have a feature: shape (features, labels)."""
    kinds = kinds_of(postings.features)
    shares = rows.shares[kinds[postings.feature], postings.row]
    columns = rows.labels + 1
    cells = postings.feature * columns + rows.label[postings.row]
    size = len(postings.features) * columns
    counted = np.bincount(cells, weights=shares, minlength=size).astype(np.int64)
    return counted.reshape(-1, columns)[:, :-1]


def _without_hidden(
    rows: LabelledRows, features: Array, counted: Array, hidden_features: Mapping[int, Array]
) -> Array:
    """What is counted for the features, less what the hidden rows counted."""
    if not len(features):
        return counted
    left = np.column_stack([counted, np.zeros(len(features), dtype=np.int64)])
    kinds, shares = kinds_of(features), rows.shares
    for row, of_row in hidden_features.items():
        has = np.isin(features, of_row, assume_unique=True)
        left[has, rows.label[row]] -= shares[kinds[has], row]
    return left[:, :-1]


def logprobs(evidence: Array | None, slopes: Array, seen: Array) -> Array:
    """Natural logarithms of the labels' probabilities: shape (labels,).

    Parameters
    ----------
    evidence
        Shape (KINDS, labels); `None`: the labels' shares alone.
    slopes
        How far to trust each kind's evidence: shape (KINDS,).
    seen
        Number of rows of each label that are counted: shape (labels,).
    """
    logits = np.log((seen + 1) / (seen.sum() + len(seen)))
    if evidence is not None:
        logits = logits + slopes @ evidence
    return np.asarray(logits - np.logaddexp.reduce(logits))
