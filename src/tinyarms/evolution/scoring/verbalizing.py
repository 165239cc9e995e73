"""Fit a verbalizer: the weights of the words with which to read a prompt's replies.

The weights come from ridge regression of the labels on the log-probabilities of the words that the
model considers at the beginning of its answer (Hoerl and Kennard 1970, "Ridge Regression"). What a
fit without an example says of it has a closed form (Allen 1974, PRESS), also without the near
copies of it, so that nothing is judged by weights that have seen it. The penalty is the one whose
left-out scores, after label calibration, give the expected labels the highest likelihood. The same
calibration says how much the model's words weigh beside what the memory suggests.

The words are used only where they explain the labels better than the labels' own log-probabilities
do. No model call is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from tinyarms.evolution.constants import (
    MAX_VERBALIZER_WORDS,
    MIN_VERBALIZER_EXAMPLES,
    MIN_VERBALIZER_WORDS,
    VERBALIZER_PENALTIES,
    VERBALIZER_WORD_SHARE,
)
from tinyarms.evolution.scoring.calibration import Fit, fit_calibration
from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.skills.duplicates import Originals, all_folded
from tinyarms.skills.example import Example
from tinyarms.skills.verbalizer import Verbalizer, key_of, word_logprobs
from tinyarms.stats.arrays import Array

_DIGITS = 5
"""Decimals of the weights, in nats for each nat, and of the left-out scores, in nats."""


@dataclass(frozen=True)
class Verbalized:
    """A fitted verbalizer, and how it compares with the labels' own log-probabilities."""

    verbalizer: Verbalizer
    fit: Fit
    """The calibration of the scores that it gives; each example is judged by a fit without it. Its
    slope is 1."""
    by_names: Fit
    """The calibration of the labels' own log-probabilities on the same examples."""

    @property
    def is_better(self) -> bool:
        """Whether the words make the expected labels likelier than the labels' names do."""
        return _mean_log(self.fit) > _mean_log(self.by_names)

    @property
    def better_fit(self) -> Fit:
        """That of the better of the two."""
        return self.fit if self.is_better else self.by_names


def fit_verbalizer(rows: Sequence[Labelled], shares: Mapping[str, float]) -> Verbalized | None:
    """Fit the weights of words on n replies of one prompt.

    Returns `None` if there are too few replies that list words, or if all examples are near copies
    of each other, so that none is left to fit on when one is left out.

    `shares`: label → its expected share, in (0, 1).
    """
    rows = [row for row in rows if row.listed]
    words = _words(rows)
    if len(rows) < MIN_VERBALIZER_EXAMPLES or len(words) < MIN_VERBALIZER_WORDS:
        return None
    labels = list(shares)
    values = np.array([word_logprobs(row.listed, words) for row in rows])
    scale = float(values.std() * sqrt(len(words))) or 1.0
    wanted = np.array([[float(row.expected == label) for label in labels] for row in rows])
    groups = np.array(copies_of_each_other([row.example for row in rows]))
    if len(np.unique(groups)) < 2:
        return None
    best: tuple[float, Fit, _Ridge] | None = None
    for ridge in _ridges(values / scale, wanted, groups):
        left_out = [dict(zip(labels, row, strict=True)) for row in ridge.left_out.tolist()]
        fit = _calibrated(left_out, rows, shares)
        likelihood = _mean_log(fit)
        if best is None or likelihood > best[0]:
            best = likelihood, fit, ridge
    assert best is not None
    _, fit, ridge = best
    weights = fit.slope * ridge.weights / scale
    added = fit.slope * (ridge.left_out - values / scale @ ridge.weights)
    keys = [key_of(row.example.inputs) for row in rows]
    verbalizer = Verbalizer(
        labels=tuple(labels),
        words=dict(zip(words, _rounded(weights), strict=True)),
        without=dict(zip(keys, _rounded(added), strict=True)),
    )
    by_names = _calibrated([row.logprobs for row in rows], rows, shares)
    return Verbalized(verbalizer, _in_nats(fit), by_names)


@dataclass(frozen=True)
class _Ridge:
    """A ridge regression of k labels on d words, with n rows."""

    weights: Array
    """d × k."""
    left_out: Array
    """n × k: the scores of each row by a regression without its group, with the means."""


def _ridges(values: Array, wanted: Array, groups: Array) -> list[_Ridge]:
    """One regression for each penalty."""
    means, shares = values.mean(axis=0), wanted.mean(axis=0)
    centred, residual = values - means, wanted - shares
    sizes, vectors = _decomposed(centred)
    turned = vectors.T @ residual
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    found = []
    for penalty in VERBALIZER_PENALTIES:
        kept = sizes / (sizes + penalty)
        off = residual - vectors @ (kept[:, None] * turned)
        left_out = wanted.copy()
        for rows in members:
            # The share of each prediction that comes from the rows themselves.
            own = (vectors[rows] * kept) @ vectors[rows].T + 1 / len(values)
            left_out[rows] -= np.linalg.solve(np.eye(len(rows)) - own, off[rows])
        weights = centred.T @ (vectors @ (turned / (sizes + penalty)[:, None]))
        # A constant for each label is the calibration's work.
        left_out -= shares - means @ weights
        found.append(_Ridge(weights, left_out))
    return found


def _decomposed(centred: Array) -> tuple[Array, Array]:
    """The eigenvalues above 0 of `centred @ centred.T` and, in columns, their eigenvectors. n × d:
    the smaller of n × n and d × d numbers is decomposed."""
    n, d = centred.shape
    if n <= d:
        sizes, vectors = np.linalg.eigh(centred @ centred.T)
        return np.maximum(sizes, 0.0), vectors
    vectors, roots, _ = np.linalg.svd(centred, full_matrices=False)
    return roots**2, vectors


def _words(rows: Sequence[Labelled]) -> list[str]:
    """The words that most replies list, in the order of the alphabet."""
    counts = Counter(word for row in rows for word in row.listed)
    often = [word for word, n in counts.items() if n >= VERBALIZER_WORD_SHARE * len(rows)]
    often.sort(key=lambda word: (-counts[word], word))
    return sorted(often[:MAX_VERBALIZER_WORDS])


def copies_of_each_other(examples: Sequence[Example]) -> list[int]:
    """A number for each example: the same for near copies, however long their chain is."""
    texts = all_folded([example.inputs for example in examples])
    group = {text: text for text in texts}

    def first(text: str) -> str:
        while group[text] != text:
            text = group[text]
        return text

    for text, copies in zip(texts, Originals(texts).all_copies(texts), strict=True):
        for copy in copies:
            group[first(copy)] = first(text)
    number = {text: place for place, text in enumerate(group)}
    return [number[first(text)] for text in texts]


def _calibrated(
    logprobs: Sequence[Mapping[str, float]], rows: Sequence[Labelled], shares: Mapping[str, float]
) -> Fit:
    expected = [row.expected for row in rows]
    return fit_calibration(logprobs, expected, shares, [row.suggested for row in rows])


def _mean_log(fit: Fit) -> float:
    """The mean log-probability of the expected labels, in nats. What is too small for a number
    counts as the smallest one."""
    return float(np.log(np.maximum(fit.probabilities, np.finfo(float).tiny)).mean())


def _in_nats(fit: Fit) -> Fit:
    """The same fit for scores that are multiplied by its slope."""
    return replace(
        fit,
        slope=1.0,
        biases={label: round(fit.slope * bias, 4) for label, bias in fit.biases.items()},
        prior_weight=round(fit.slope * fit.prior_weight, 4),
    )


def _rounded(rows: Array) -> list[tuple[float, ...]]:
    return [tuple(row) for row in np.round(rows, _DIGITS).tolist()]
