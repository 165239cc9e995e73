"""After a promotion: is the new prompt worse than the one before it?

The old prompt, the reference, keeps a share of the tasks, drawn at random by the task's id. On
their outcomes the two are compared by the two-sample e-process of `stats.two_sample`, which may be
looked at after every outcome and does not mind drift common to both.

- The reference succeeds credibly more often (e-value 25 at the setting `alpha` 0.05): the new
  prompt is taken back. One that is no worse ever is in at most `alpha` / 1.25 of promotions.
- The new prompt succeeds credibly more often (the same the other way round): it stays, and the
  reference serves no more tasks.
- After `MAX_OUTCOMES` or `MAX_DAYS` it stays: it is not credibly worse.

Simulated over 5,000 outcomes (`benchmarks/run.py rollback`), 20 % of the tasks on the reference: a
prompt that is 20 points worse is taken back after 196 to 239 outcomes in the median, one that is
as good in 3.1 to 3.6 %.

Where the reference does not serve the share of tasks that it should (`stats.sample_ratio`), both
decisions are suspended: tasks or their outcomes may be lost on one side. The limits stay.

In the original preset no task stays on the old prompt: the new one is taken back as soon as its
newest `sample_size` outcomes show less than `rollback_threshold`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import Literal, NamedTuple

import numpy as np

from tinyarms.core.settings import EvolutionSettings
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.stats.arrays import Array
from tinyarms.stats.sample_ratio import ALARM, share_ratio
from tinyarms.stats.two_sample import TwoSampleEvidence

MAX_OUTCOMES = 5000
MAX_DAYS = 60.0
MARGIN = 1.25
"""The e-value needed is so many times 1 / `alpha`: as in single mode, a bound that is nearly
reached could not be told from one that is broken."""


class Dealt(NamedTuple):
    """How many tasks came since the promotion, whatever their outcome."""

    tasks: int = 0
    reference: int = 0
    """Those of them that the reference served."""


NOTHING_DEALT = Dealt()


class HeldOutcome(NamedTuple):
    """A task of either prompt whose outcome is known."""

    reference: bool
    """Whether the reference served it."""
    success: bool
    share: float
    """The probability that it would."""


@dataclass(frozen=True)
class HoldbackDecision:
    """What becomes of a new prompt."""

    action: Literal["go_on", "keep", "roll_back"]
    n: int
    """Outcomes that it is said after."""
    reason: str
    """One sentence, the evidence included."""


class HoldbackEvidence:
    """Both logarithms of e-values, block of outcomes by block. `shape`: many tests side by side."""

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self._worse, self._better = TwoSampleEvidence(shape), TwoSampleEvidence(shape)

    def see(self, reference: Array, success: Array, share: Array) -> tuple[Array, Array]:
        """That the new prompt is worse, and that it is better, after each of the next outcomes.

        As `TwoSampleEvidence.see`; `share` is the reference's.
        """
        worse = self._worse.see(reference, success, share)
        return worse, self._better.see(~reference, success, 1 - share)


def holdback_rule(
    settings: EvolutionSettings, preset: Literal["default", "original"]
) -> HoldbackRule | None:
    """How a promotion that happens now will be watched; `None`: not at all (`holdback: 0`)."""
    alpha = settings.alpha / MARGIN
    if preset == "original":
        threshold = settings.learning.rollback_threshold
        return HoldbackRule(0.0, alpha, threshold, settings.triggers.sample_size)
    return HoldbackRule(settings.holdback, alpha) if settings.holdback > 0 else None


def suspended(rule: HoldbackRule, dealt: Dealt) -> str | None:
    """Why there is no automatic decision, in one sentence; `None`: tasks are dealt as they should.

    A false alarm comes in at most 0.1 % of promotions.
    """
    if rule.share <= 0:
        return None
    e_value = share_ratio(dealt.reference, dealt.tasks, rule.share)
    if e_value < ALARM:
        return None
    served = f"{dealt.reference} of {dealt.tasks} tasks"
    return f"The old prompt served {served}, not {rule.share:.0%} of them (e-value {e_value:.3g})."


def judge(
    rule: HoldbackRule,
    outcomes: Sequence[HeldOutcome],
    began_at: datetime,
    now: datetime,
    dealt: Dealt = NOTHING_DEALT,
) -> HoldbackDecision:
    """Decide on the outcomes so far, in the order in which they became known.

    The first moment at which they were enough decides, whenever it is looked at.
    """
    known, doubt = outcomes[:MAX_OUTCOMES], suspended(rule, dealt)
    if rule.threshold is not None:
        found = _threshold(rule.threshold, rule.sample_size or 1, known)
    else:
        found = _comparison(rule.alpha, known)
    if found is not None and doubt is None:
        return found
    n = len(known)
    if n >= MAX_OUTCOMES or now - began_at >= timedelta(days=MAX_DAYS):
        days = (now - began_at) / timedelta(days=1)
        said = f"Not credibly worse in {n} outcomes, {days:.0f} days."
        return HoldbackDecision("keep", n, f"Not compared: {doubt}" if doubt else said)
    if doubt is not None:
        return HoldbackDecision("go_on", n, f"{doubt} The decision is suspended: find out why.")
    left = MAX_OUTCOMES - n
    return HoldbackDecision("go_on", n, f"{n} outcomes so far; at most {left} more are needed.")


def _comparison(alpha: float, known: Sequence[HeldOutcome]) -> HoldbackDecision | None:
    if not known:
        return None
    reference, success, share = (np.array(column) for column in zip(*known, strict=True))
    worse, better = HoldbackEvidence().see(reference, success, share)
    needed = log(1 / alpha)
    crossed = (worse >= needed) | (better >= needed)
    if not crossed.any():
        return None
    at = int(crossed.argmax())
    is_worse = bool(worse[at] >= needed)
    e_value = exp(min(700.0, float((worse if is_worse else better)[at])))
    how = "less" if is_worse else "more"
    said = f"Succeeds {how} often than the prompt before it: e-value {e_value:.0f} "
    said += f"({1 / alpha:g} decides) after {at + 1} outcomes."
    return HoldbackDecision("roll_back" if is_worse else "keep", at + 1, said)


def _threshold(
    threshold: float, sample_size: int, known: Sequence[HeldOutcome]
) -> HoldbackDecision | None:
    """The first `sample_size` outcomes in a row that show less."""
    successes = np.cumsum([0, *(outcome.success for outcome in known)])
    shares = (successes[sample_size:] - successes[:-sample_size]) / sample_size
    below = shares < threshold
    if not below.any():
        return None
    first = int(below.argmax())
    said = f"Accuracy {shares[first]:.1%} over {sample_size} outcomes, below {threshold:.1%}."
    return HoldbackDecision("roll_back", first + sample_size, said)
