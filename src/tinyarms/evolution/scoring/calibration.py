"""Label calibration: one bias per label, fitted on log-probabilities that the search already has.

A tiny model prefers some labels whatever the input. A bias added to each label's log-probability
removes that preference (Zhao et al. 2021, "Calibrate Before Use", arXiv 2102.09690). Here the
biases mainly make every label as likely on average as it is among the examples: subtract the
label's mean log-probability over the inputs, as in batch calibration (Zhou et al. 2023,
arXiv 2309.17249), and add the log of its share of the expected labels. This step needs no fit, so
a dozen examples are enough for any number of labels. A slope and small corrections are then fitted
by penalised maximum likelihood (Platt scaling with a bias per label). Calibration makes no model
call.

Where the examples suggest labels too (the prior of a prompt's memory), the fit also says how much
their log-probabilities weigh beside those of the model: a product of experts (Hinton 2002).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from tinyarms.evolution.constants import (
    FREE_SHIFT_PRIOR_SD,
    LEAST_SLOPE,
    PRIOR_WEIGHT_MEAN,
    PRIOR_WEIGHT_SD,
    SHIFT_PRIOR_SD,
    SLOPE_BESIDE_MEMORY_SD,
    SLOPE_PRIOR_SD,
)
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
    prior_weight: float = 0.0
    """Factor of the suggested log-probabilities, before they are added to the model's."""


def label_shares(expected: Iterable[str], labels: Sequence[str]) -> dict[str, float]:
    """Label → its share of the expected labels, with one added to each count."""
    counts = Counter(label for label in expected if label in labels)
    total = counts.total() + len(labels)
    return {label: (counts[label] + 1) / total for label in labels}


def fit_calibration(
    logprobs: Sequence[Mapping[str, float]],
    expected: Sequence[str],
    shares: Mapping[str, float],
    suggested: Sequence[Mapping[str, float]] = (),
) -> Fit:
    """Replace each label's mean by its expected share, and fit a slope and small corrections.

    `logprobs`: n mappings label → natural log-probability; `expected`: n labels; `shares`: label →
    its expected share, in (0, 1); `suggested`: the n mappings that the examples suggest, each
    without the example itself, or nothing. An example's logits are slope × (its scores minus their
    mean over the examples) + weight × (the suggested scores minus the log share) + log share +
    shift. The mean of the suggested scores is not subtracted: they are probabilities already, and
    the mean of a dozen examples says more about which examples these are.
    The priors are normal: the log slope around 0 with standard deviation 1, the shift around 0 with
    0.15, the weight around 1 with 0.5. A weight below 0 is 0. Beside suggestions the slope itself
    has a normal prior around 0: few replies do not show that the model adds something, and the
    suggestions come from many more examples. The slope applies to scores whose standard deviation
    over the examples is 1: how sure a model sounds depends on the prompt and says little about how
    well it tells the labels apart.
    """
    labels = list(shares)
    scores = _scores(logprobs, labels)
    shares_log = np.log([shares[label] for label in labels])
    data = _Data(scores, scores.mean(axis=0), shares_log, _suggested(suggested, labels))
    return _fit(data, expected, labels, SHIFT_PRIOR_SD)


def fit_freely(
    logprobs: Sequence[Mapping[str, float]],
    expected: Sequence[str],
    labels: Sequence[str],
    suggested: Sequence[Mapping[str, float]] = (),
) -> Fit:
    """Fit a slope and shifts without means and shares; the shifts' prior is wide.

    Its probabilities penalise a prompt for a strong preference among the labels. On real replies
    they rank prompts slightly better than `fit_calibration` with two labels. With six labels they
    rank them much worse.
    """
    scores = _scores(logprobs, labels)
    nothing = np.zeros(len(labels))
    data = _Data(scores, nothing, nothing, _suggested(suggested, labels))
    return _fit(data, expected, labels, FREE_SHIFT_PRIOR_SD)


@dataclass(frozen=True)
class _Data:
    """What a fit is given, for n examples and k labels."""

    scores: Array
    """n × k: the model's log-probabilities, with mean 0 over the labels."""
    middle: Array
    """k: what is subtracted from the scores."""
    shares_log: Array
    """k: the log of each label's expected share, or 0."""
    suggested: Array | None
    """n × k: the log-probabilities that the examples suggest, with mean 0 over the labels."""


def _scores(logprobs: Sequence[Mapping[str, float]], labels: Sequence[str]) -> Array:
    scores = np.array([[row[label] for label in labels] for row in logprobs], dtype=float)
    scores -= scores.mean(axis=1, keepdims=True)
    return scores


def _suggested(rows: Sequence[Mapping[str, float]], labels: Sequence[str]) -> Array | None:
    return _scores(rows, labels) if rows and all(rows) else None


def _fit(data: _Data, expected: Sequence[str], labels: Sequence[str], shift_sd: float) -> Fit:
    scores, middle = data.scores, data.middle
    spread = np.sqrt(((scores - scores.mean(axis=0)) ** 2).sum(axis=1).mean()) or 1.0
    centred = (scores - middle) / spread
    # Without suggestions the weight has nothing to multiply and stays at its prior mean.
    others, others_middle = np.zeros_like(scores), np.zeros_like(middle)
    alone = data.suggested is None
    if data.suggested is not None:
        # What is suggested beyond the shares, which count once.
        others_middle = data.shares_log - data.shares_log.mean()
        others = data.suggested - others_middle
    index = {label: i for i, label in enumerate(labels)}
    wanted = np.array([index[label] for label in expected])
    rows = np.arange(len(wanted))

    least = 0.0 if alone else LEAST_SLOPE

    def loss(parameters: Array) -> tuple[float, Array]:
        log_slope, weight, shift = parameters[0], parameters[1], parameters[2:]
        slope = least + np.exp(log_slope)
        # How far the slope is from the middle of its prior, and the derivative.
        off, by_off = log_slope / SLOPE_PRIOR_SD, 1 / SLOPE_PRIOR_SD
        if not alone:
            off = slope / SLOPE_BESIDE_MEMORY_SD
            by_off = np.exp(log_slope) / SLOPE_BESIDE_MEMORY_SD
        logits = slope * centred + weight * others + data.shares_log + shift
        fit = scipy.special.log_softmax(logits, axis=1)
        far = (weight - PRIOR_WEIGHT_MEAN) / PRIOR_WEIGHT_SD
        penalty = off**2 / 2 + ((shift / shift_sd) ** 2).sum() / 2
        excess = np.exp(fit)
        excess[rows, wanted] -= 1
        by_slope = off * by_off + np.exp(log_slope) * (excess * centred).sum()
        by_weight = far / PRIOR_WEIGHT_SD + (excess * others).sum()
        by_shift = shift / shift_sd**2 + excess.sum(axis=0)
        value = float(penalty + far**2 / 2 - fit[rows, wanted].sum())
        return value, np.array([by_slope, by_weight, *by_shift])

    start = np.array([0.0, PRIOR_WEIGHT_MEAN, *np.zeros(len(labels))])
    # L-BFGS-B gives the same result, but its BLAS threads wait for each other on a busy machine.
    best = scipy.optimize.minimize(loss, start, method="BFGS", jac=True)
    weight = 0.0 if alone else float(best.x[1])
    if weight < 0:
        return _fit(replace(data, suggested=None), expected, labels, shift_sd)
    slope = (least + float(np.exp(best.x[0]))) / spread
    offset = data.shares_log + best.x[2:]
    prior_weight = weight / slope
    biases = (offset - offset.mean()) / slope - middle - prior_weight * others_middle
    calibrated = scores + biases + prior_weight * (others + others_middle)
    probabilities = np.exp(scipy.special.log_softmax(slope * calibrated, axis=1)[rows, wanted])
    return Fit(
        slope=float(slope),
        biases={label: round(float(b), 4) for label, b in zip(labels, biases, strict=True)},
        probabilities=tuple(float(p) for p in probabilities),
        correct=tuple(bool(c) for c in calibrated.argmax(axis=1) == wanted),
        prior_weight=round(float(prior_weight), 4),
    )


def probability(
    fit: Fit,
    logprobs: Mapping[str, float],
    label: str,
    suggested: Mapping[str, float] | None = None,
) -> float:
    """The calibrated probability of a label on an example that the fit has not seen.

    `suggested`: the log-probabilities that the examples suggest for it, if any.
    """
    prior = suggested or dict.fromkeys(fit.biases, 0.0)
    scores = np.array(
        [
            fit.slope * (logprobs[name] + bias + fit.prior_weight * prior[name])
            for name, bias in fit.biases.items()
        ]
    )
    return float(np.exp(scipy.special.log_softmax(scores))[list(fit.biases).index(label)])
