"""The distribution over labels that the remembered rows suggest for a text: naive Bayes.

A text's features are taken as independent given its label. A feature's probability given a label
is the share of the label's rows that have it, drawn towards its share of all rows as if
`BACKGROUND_ROWS` more rows had been like all (Dirichlet smoothing; Zhai and Lafferty 2004).
Features are not independent at all, so their sum is far too sure of itself: a slope, fitted on the
rows themselves, each left out in turn, corrects it.
"""

from __future__ import annotations

import numpy as np

from tinyarms.memory.index import Postings
from tinyarms.stats.arrays import Array

BACKGROUND_ROWS = 2.0
"""Rows of each label that are taken to be like all rows. Higher: rare features count less."""
LEAST_ROWS = 10
"""With fewer rows, or one label only, the prior is the labels' shares."""


def evidence(postings: Postings, label_of_row: Array, seen_of_label: Array) -> Array:
    """For each label the log of how much likelier it makes the text's features: shape (labels,).

    Parameters
    ----------
    label_of_row
        The index of each row's label; the number of labels where it has none of them.
    seen_of_label
        Number of the rows of each label that may be seen: shape (labels,).
    """
    labels, features = len(seen_of_label), len(postings.counts)
    cells = postings.feature * (labels + 1) + label_of_row[postings.row]
    counts = np.bincount(cells, minlength=features * (labels + 1)).reshape(features, labels + 1)
    with_label = counts[:, :labels]
    total = with_label.sum(axis=1, keepdims=True)
    some = total[:, 0] > 0
    share = total[some] / max(1, seen_of_label.sum())
    smoothed = (with_label[some] + BACKGROUND_ROWS * share) / (seen_of_label + BACKGROUND_ROWS)
    return np.asarray(np.log(smoothed / share).sum(axis=0))


def log_shares(seen_of_label: Array) -> Array:
    """The natural log of each label's share of the rows, with one row added to each label."""
    return np.asarray(np.log((seen_of_label + 1) / (seen_of_label.sum() + len(seen_of_label))))


def logprobs(evidence: Array, slope: float, seen_of_label: Array) -> Array:
    """Natural logarithms of the labels' probabilities: shape (labels,)."""
    logits = log_shares(seen_of_label)
    if seen_of_label.sum() >= LEAST_ROWS and (seen_of_label > 0).sum() > 1:
        logits = logits + slope * evidence
    return np.asarray(logits - np.logaddexp.reduce(logits))
