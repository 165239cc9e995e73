"""Label calibration: one bias per label, fitted on log-probabilities that are there already.

A tiny model prefers some labels whatever the input. Adding a bias to each label's
log-probability takes that preference away (Zhao et al. 2021, "Calibrate Before Use",
arXiv 2102.09690). Here the biases are above all those that make every label as likely on average
as it is among the examples: the mean over the inputs is taken off, as in batch calibration (Zhou
et al. 2023, arXiv 2309.17249), and what the examples expect is put in its place. That needs no fit,
so that a dozen examples are enough, however many labels there are; one slope and small corrections
are fitted by penalised maximum likelihood (Platt scaling with a bias per label). No further call is
made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

_SLOPE_SPREAD = 1.0
_SHIFT_SPREAD = 0.15
_FREE_SHIFT_SPREAD = 2.0
MIN_EXAMPLES = 8
"""Fewer examples than this fit nothing."""


@dataclass(frozen=True)
class Fit:
    """A fitted calibration and what it does to the examples it was fitted on."""

    slope: float
    """How far the model's log-probabilities are to be trusted: below 1, less than they claim."""
    biases: Mapping[str, float]
    """Label → what is added to its log-probability; their mean is 0."""
    probabilities: tuple[float, ...]
    """Per example the calibrated probability of the expected label."""
    correct: tuple[bool, ...]
    """Per example whether the best label after calibration is the expected one."""


def label_shares(expected: Iterable[str], labels: Sequence[str]) -> dict[str, float]:
    """Label → its share of the expected ones, as if each had been seen once more."""
    counts = Counter(label for label in expected if label in labels)
    total = counts.total() + len(labels)
    return {label: (counts[label] + 1) / total for label in labels}


def fit_calibration(
    logprobs: Sequence[Mapping[str, float]], expected: Sequence[str], shares: Mapping[str, float]
) -> Fit:
    """Take each label's mean off, put its share in its place; fit a slope and small corrections.

    `logprobs`: n mappings label → natural log-probability; `expected`: n labels; `shares`: label →
    how often it is to be expected, in (0, 1). An example's logits are slope × (its scores less
    their mean over the examples) + log share + shift. Both priors are normal: log slope around 0
    (spread 1), shift around 0 (spread 0.15), where the slope is that of scores whose spread over
    the examples is 1: how sure a model sounds depends on the prompt, and says little of how well it
    tells the labels apart.
    """
    labels = list(shares)
    scores = _scores(logprobs, labels)
    prior = np.log([shares[label] for label in labels])
    return _fit(scores, scores.mean(axis=0), prior, expected, labels, _SHIFT_SPREAD)


def fit_freely(
    logprobs: Sequence[Mapping[str, float]], expected: Sequence[str], labels: Sequence[str]
) -> Fit:
    """The same without means and shares, and with a wide prior for the shifts (spread 2).

    On real replies its probabilities rank prompts a little better with two labels, as it holds a
    strong preference against a prompt, and much worse with six.
    """
    scores = _scores(logprobs, labels)
    nothing = np.zeros(len(labels))
    return _fit(scores, nothing, nothing, expected, labels, _FREE_SHIFT_SPREAD)


def _scores(logprobs: Sequence[Mapping[str, float]], labels: Sequence[str]) -> NDArray[np.float64]:
    scores = np.array([[row[label] for label in labels] for row in logprobs], dtype=float)
    scores -= scores.mean(axis=1, keepdims=True)
    return scores


def _fit(
    scores: NDArray[np.float64],
    middle: NDArray[np.float64],
    prior: NDArray[np.float64],
    expected: Sequence[str],
    labels: Sequence[str],
    shift_spread: float,
) -> Fit:
    spread = np.sqrt(((scores - scores.mean(axis=0)) ** 2).sum(axis=1).mean()) or 1.0
    centred = (scores - middle) / spread
    index = {label: i for i, label in enumerate(labels)}
    wanted = np.array([index[label] for label in expected])
    rows = np.arange(len(wanted))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_slope, shift = parameters[0], parameters[1:]
        slope = np.exp(log_slope)
        fit = scipy.special.log_softmax(slope * centred + prior + shift, axis=1)
        penalty = (log_slope / _SLOPE_SPREAD) ** 2 / 2 + ((shift / shift_spread) ** 2).sum() / 2
        excess = np.exp(fit)
        excess[rows, wanted] -= 1
        by_slope = log_slope / _SLOPE_SPREAD**2 + slope * (excess * centred).sum()
        by_shift = shift / shift_spread**2 + excess.sum(axis=0)
        return float(penalty - fit[rows, wanted].sum()), np.array([by_slope, *by_shift])

    # L-BFGS-B finds the same, but its BLAS threads wait for each other on a busy machine.
    best = scipy.optimize.minimize(loss, np.zeros(1 + len(labels)), method="BFGS", jac=True)
    slope, offset = float(np.exp(best.x[0])) / spread, prior + best.x[1:]
    biases = (offset - offset.mean()) / slope - middle
    calibrated = scores + biases
    probabilities = np.exp(scipy.special.log_softmax(slope * calibrated, axis=1)[rows, wanted])
    return Fit(
        slope=float(slope),
        biases={label: round(float(b), 4) for label, b in zip(labels, biases, strict=True)},
        probabilities=tuple(float(p) for p in probabilities),
        correct=tuple(bool(c) for c in calibrated.argmax(axis=1) == wanted),
    )


def probability(fit: Fit, logprobs: Mapping[str, float], label: str) -> float:
    """The calibrated probability of a label, on an example that the fit has not seen."""
    scores = np.array([fit.slope * (logprobs[name] + bias) for name, bias in fit.biases.items()])
    return float(np.exp(scipy.special.log_softmax(scores))[list(fit.biases).index(label)])
