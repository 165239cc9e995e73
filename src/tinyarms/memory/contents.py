"""What a memory consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyarms.memory.features import KINDS, features, lengths_of
from tinyarms.memory.index import Index
from tinyarms.memory.prior import CommonFeatures, LabelledRows
from tinyarms.memory.row import Row
from tinyarms.stats.arrays import Array


@dataclass(frozen=True, eq=False)
class Contents:
    """Rows, and what is computed of them once."""

    rows: tuple[Row, ...]
    """By id, ascending."""
    labels: tuple[str, ...]
    """Empty: the outputs are free text."""
    labelled: LabelledRows
    index: Index
    common: CommonFeatures
    slopes: Array
    """How far to trust each kind's evidence for the labels; 0: not at all: float64, (KINDS,)."""

    @staticmethod
    def of(rows: Sequence[Row], labels: Sequence[str]) -> Contents:
        """Those of rows, by id; the slopes are 0."""
        read = [features(row.inputs).astype(np.int32) for row in rows]
        lengths = np.array([lengths_of(f) for f in read], dtype=np.int64).reshape(-1, KINDS).T
        labelled = labelled_rows(rows, labels, lengths)
        index = Index.of(read)
        common = CommonFeatures.of(labelled, read, index)
        return Contents(tuple(rows), tuple(labels), labelled, index, common, np.zeros(KINDS))

    def with_slopes(self, slopes: Array) -> Contents:
        return replace(self, slopes=slopes)


def labelled_rows(rows: Sequence[Row], labels: Sequence[str], lengths: Array) -> LabelledRows:
    """`lengths`: number of each row's features of each kind: shape (KINDS, rows)."""
    number = {label: n for n, label in enumerate(labels)}
    label = [number.get(row.expected, len(labels)) for row in rows]
    return LabelledRows(len(labels), np.array(label, dtype=np.int64), lengths)
