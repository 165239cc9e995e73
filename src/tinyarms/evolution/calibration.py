"""Label calibration: one bias per label, fitted on log-probabilities that are there already.

A tiny model prefers some labels whatever the input. Adding a bias to each label's
log-probability takes that preference away (Zhao et al. 2021, "Calibrate Before Use",
arXiv 2102.09690). Here the biases and one slope are fitted by penalised maximum likelihood
(multinomial logistic regression, Platt scaling with a bias per label), so a dozen examples are
enough and no further call is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

_SLOPE_SPREAD = 1.0
_BIAS_SPREAD = 2.0
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


def fit_calibration(
    logprobs: Sequence[Mapping[str, float]],
    expected: Sequence[str],
    labels: Sequence[str],
    biased: bool = True,
) -> Fit:
    """Fit one bias per label and a common slope; the slope alone if not `biased`.

    `logprobs`: n mappings label → natural log-probability; `expected`: n labels. Both priors are
    normal: log slope around 0 (spread 1), slope × bias around 0 (spread 2), where the slope is that
    of scores whose spread over the examples is 1: how sure a model sounds depends on the prompt,
    and says little of how well it tells the labels apart.
    """
    scores = np.array([[row[label] for label in labels] for row in logprobs], dtype=float)
    scores -= scores.mean(axis=1, keepdims=True)
    spread = np.sqrt(((scores - scores.mean(axis=0)) ** 2).sum(axis=1).mean()) or 1.0
    scores /= spread
    index = {label: i for i, label in enumerate(labels)}
    wanted = np.array([index[label] for label in expected])
    rows = np.arange(len(wanted))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_slope, shift = parameters[0], parameters[1:]
        slope = np.exp(log_slope)
        fit = scipy.special.log_softmax(slope * scores + shift, axis=1)
        penalty = (log_slope / _SLOPE_SPREAD) ** 2 / 2 + ((shift / _BIAS_SPREAD) ** 2).sum() / 2
        excess = np.exp(fit)
        excess[rows, wanted] -= 1
        by_slope = log_slope / _SLOPE_SPREAD**2 + slope * (excess * scores).sum()
        by_shift = (shift / _BIAS_SPREAD**2 + excess.sum(axis=0)) * biased
        return float(penalty - fit[rows, wanted].sum()), np.array([by_slope, *by_shift])

    # L-BFGS-B finds the same, but its BLAS threads wait for each other on a busy machine.
    best = scipy.optimize.minimize(loss, np.zeros(1 + len(labels)), method="BFGS", jac=True)
    slope, shift = float(np.exp(best.x[0])), best.x[1:]
    biases = (shift - shift.mean()) / slope
    calibrated = scores + biases
    probabilities = np.exp(scipy.special.log_softmax(slope * calibrated, axis=1)[rows, wanted])
    return Fit(
        slope=float(slope / spread),
        biases={
            label: round(float(b * spread), 4) for label, b in zip(labels, biases, strict=True)
        },
        probabilities=tuple(float(p) for p in probabilities),
        correct=tuple(bool(c) for c in calibrated.argmax(axis=1) == wanted),
    )


def fit_centred(
    logprobs: Sequence[Mapping[str, float]], expected: Sequence[str], labels: Sequence[str]
) -> Fit:
    """Fit the slope alone, after each label's mean over the examples is taken off.

    The means need no expected label, so that few examples do not fit themselves: what tells
    nothing looks like chance on 8 as on 80. It takes the labels to be about as frequent as each
    other.
    """
    means = {label: sum(row[label] for row in logprobs) / len(logprobs) for label in labels}
    centred = [{label: row[label] - means[label] for label in labels} for row in logprobs]
    middle = sum(means.values()) / len(means)
    return replace(
        fit_calibration(centred, expected, labels, biased=False),
        biases={label: middle - mean for label, mean in means.items()},
    )


def probability(fit: Fit, logprobs: Mapping[str, float], label: str) -> float:
    """The calibrated probability of a label, on an example that the fit has not seen."""
    scores = np.array([fit.slope * (logprobs[name] + bias) for name, bias in fit.biases.items()])
    return float(np.exp(scipy.special.log_softmax(scores))[list(fit.biases).index(label)])
