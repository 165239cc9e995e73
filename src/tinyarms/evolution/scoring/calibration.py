"""Label calibration: one bias per label, fitted on log-probabilities that the search already has.

A tiny model prefers some labels whatever the input. A bias added to each label's log-probability
removes that preference (Zhao et al. 2021, "Calibrate Before Use", arXiv 2102.09690). Here the
biases mainly make every label as likely on average as it is among the examples: subtract the
label's mean log-probability over the inputs, as in batch calibration (Zhou et al. 2023,
arXiv 2309.17249), and add the log of its share of the expected labels. This step needs no fit, so
a dozen examples are enough for any number of labels. A slope and small corrections are then fitted
by penalised maximum likelihood (Platt scaling with a bias per label). Calibration makes no model
call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from tinyarms.evolution.constants import FREE_SHIFT_PRIOR_SD, SHIFT_PRIOR_SD, SLOPE_PRIOR_SD
from tinyarms.stats.arrays import Array


@dataclass(frozen=True)
class Fit:
    """A fitted calibration and its effect on the examples it was fitted on."""

    slope: float
    """How far to trust the model's log-probabilities; below 1: the model is overconfident."""
    biases: Mapping[str, float]
    """Label → bias added to its log-probability, in nats; the mean over the labels is 0."""
    probabilities: tuple[float, ...]
    """For each example the calibrated probability of the expected label."""
    correct: tuple[bool, ...]
    """For each example whether the best label after calibration is the expected one."""


def label_shares(expected: Iterable[str], labels: Sequence[str]) -> dict[str, float]:
    """Label → its share of the expected labels, with one added to each count."""
    counts = Counter(label for label in expected if label in labels)
    total = counts.total() + len(labels)
    return {label: (counts[label] + 1) / total for label in labels}


def fit_calibration(
    logprobs: Sequence[Mapping[str, float]], expected: Sequence[str], shares: Mapping[str, float]
) -> Fit:
    """Replace each label's mean by its expected share, and fit a slope and small corrections.

    `logprobs`: n mappings label → natural log-probability; `expected`: n labels; `shares`: label →
    its expected share, in (0, 1). An example's logits are slope × (its scores minus their mean
    over the examples) + log share + shift. Both priors are normal: the log slope around 0 with
    standard deviation 1, the shift around 0 with 0.15. The slope applies to scores whose standard
    deviation over the examples is 1: how sure a model sounds depends on the prompt and says little
    about how well it tells the labels apart.
    """
    labels = list(shares)
    scores = _scores(logprobs, labels)
    prior = np.log([shares[label] for label in labels])
    return _fit(scores, scores.mean(axis=0), prior, expected, labels, SHIFT_PRIOR_SD)


def fit_freely(
    logprobs: Sequence[Mapping[str, float]], expected: Sequence[str], labels: Sequence[str]
) -> Fit:
    """Fit a slope and shifts without means and shares; the shifts' prior is wide.

    Its probabilities penalise a prompt for a strong preference among the labels. On real replies
    they rank prompts slightly better than `fit_calibration` with two labels. With six labels they
    rank them much worse.
    """
    scores = _scores(logprobs, labels)
    nothing = np.zeros(len(labels))
    return _fit(scores, nothing, nothing, expected, labels, FREE_SHIFT_PRIOR_SD)


def _scores(logprobs: Sequence[Mapping[str, float]], labels: Sequence[str]) -> Array:
    scores = np.array([[row[label] for label in labels] for row in logprobs], dtype=float)
    scores -= scores.mean(axis=1, keepdims=True)
    return scores


def _fit(
    scores: Array,
    middle: Array,
    prior: Array,
    expected: Sequence[str],
    labels: Sequence[str],
    shift_sd: float,
) -> Fit:
    spread = np.sqrt(((scores - scores.mean(axis=0)) ** 2).sum(axis=1).mean()) or 1.0
    centred = (scores - middle) / spread
    index = {label: i for i, label in enumerate(labels)}
    wanted = np.array([index[label] for label in expected])
    rows = np.arange(len(wanted))

    def loss(parameters: Array) -> tuple[float, Array]:
        log_slope, shift = parameters[0], parameters[1:]
        slope = np.exp(log_slope)
        fit = scipy.special.log_softmax(slope * centred + prior + shift, axis=1)
        penalty = (log_slope / SLOPE_PRIOR_SD) ** 2 / 2 + ((shift / shift_sd) ** 2).sum() / 2
        excess = np.exp(fit)
        excess[rows, wanted] -= 1
        by_slope = log_slope / SLOPE_PRIOR_SD**2 + slope * (excess * centred).sum()
        by_shift = shift / shift_sd**2 + excess.sum(axis=0)
        return float(penalty - fit[rows, wanted].sum()), np.array([by_slope, *by_shift])

    # L-BFGS-B gives the same result, but its BLAS threads wait for each other on a busy machine.
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
    """The calibrated probability of a label on an example that the fit has not seen."""
    scores = np.array([fit.slope * (logprobs[name] + bias) for name, bias in fit.biases.items()])
    return float(np.exp(scipy.special.log_softmax(scores))[list(fit.biases).index(label)])
