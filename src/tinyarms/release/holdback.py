"""After a promotion: is the new prompt worse than the one before it?

The old prompt, the reference, continues to serve a share of the tasks, drawn at random by task id.
The two-sample e-process of `stats.two_sample` compares the two on these outcomes. It may be read
after every outcome, and drift common to both does not disturb it.

- If the reference succeeds credibly more often (e-value 25 at the setting `alpha` 0.05), the new
  prompt is rolled back. At most `alpha` / 1.25 of promotions of prompts that are no worse are ever
  rolled back.
- If the new prompt succeeds credibly more often (by the mirrored e-value), it stays, and the
  reference serves no more tasks.
- After `MAX_OUTCOMES` or `MAX_DAYS` it stays, as it is not credibly worse.

In a simulation of 5,000 outcomes with 20 % of the tasks on the reference
(`benchmarks/run.py rollback`), a prompt that is 20 points worse is rolled back after 196 to 239
outcomes in the median; a prompt that is as good is rolled back in 3.1 to 3.6 % of the runs.

If the reference does not serve its share of the tasks (`stats.sample_ratio`), both decisions are
suspended, as tasks or their outcomes may be lost on one side. The limits still hold.

In the original preset the old prompt serves no tasks: the new one is rolled back as soon as
accuracy over its newest `sample_size` outcomes is below `rollback_threshold`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import Literal, NamedTuple

import numpy as np

from tinyarms.core.settings import EvolutionSettings
from tinyarms.core.text import counted
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.stats.arrays import Array
from tinyarms.stats.sample_ratio import ALARM, share_ratio
from tinyarms.stats.two_sample import TwoSampleEvidence

MAX_OUTCOMES = 5000
"""Outcomes after which the new prompt stays. Higher: finds smaller losses, keeps more tasks on the
old prompt."""
MAX_DAYS = 60.0
"""Days after which the new prompt stays. Higher: the same effect."""
MARGIN = 1.25
"""Factor by which the needed e-value exceeds 1 / `alpha`, so that the true error stays visibly
below the bound, as in single mode. Higher: bad prompts are rolled back later."""


class TrafficCounts(NamedTuple):
    """Tasks served since the promotion, whatever their outcome."""

    tasks: int = 0
    """All tasks."""
    reference: int = 0
    """The tasks among them that the reference served."""


NO_TRAFFIC = TrafficCounts()


class HoldbackOutcome(NamedTuple):
    """A task with a known outcome that one of the two prompts served."""

    reference: bool
    """Whether the reference served it."""
    success: bool
    share: float
    """The probability that the reference would serve it."""


@dataclass(frozen=True)
class HoldbackDecision:
    """What to do with a new prompt."""

    action: Literal["go_on", "keep", "roll_back"]
    n: int
    """The number of outcomes that the decision rests on."""
    reason: str
    """One sentence, with the evidence."""


class HoldbackEvidence:
    """The natural logarithms of both e-values, one block of outcomes at a time.

    `shape` is that of many independent tests side by side; () for one test.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self._worse, self._better = TwoSampleEvidence(shape), TwoSampleEvidence(shape)

    def see(self, reference: Array, success: Array, share: Array) -> tuple[Array, Array]:
        """The evidence that the new prompt is worse, and better, after each of the next outcomes.

        The arrays are those of `TwoSampleEvidence.see`; `share` is the reference's.
        """
        worse = self._worse.see(reference, success, share)
        return worse, self._better.see(~reference, success, 1 - share)


def holdback_rule(
    settings: EvolutionSettings, preset: Literal["default", "original"]
) -> HoldbackRule | None:
    """The holdback rule of a promotion under these settings; `None`: no holdback (`holdback:
    0`)."""
    alpha = settings.alpha / MARGIN
    if preset == "original":
        threshold = settings.learning.rollback_threshold
        return HoldbackRule(0.0, alpha, threshold, settings.triggers.sample_size)
    return HoldbackRule(settings.holdback, alpha) if settings.holdback > 0 else None


def suspended(rule: HoldbackRule, traffic: TrafficCounts) -> str | None:
    """Why the decision is suspended, in one sentence; `None` if it is not.

    It is suspended if the reference does not serve its share of the tasks. At most 0.1 % of healthy
    promotions are ever suspended.

    Examples
    --------
    >>> from tinyarms.release.holdback import TrafficCounts, suspended
    >>> from tinyarms.release.holdback_rule import HoldbackRule
    >>> rule = HoldbackRule(share=0.20, alpha=0.04)
    >>> suspended(rule, TrafficCounts(tasks=500, reference=103)) is None
    True
    >>> suspended(rule, TrafficCounts(tasks=500, reference=20))
    'The old prompt served 20 of 500 tasks, not 20% of them (e-value 1.09e+11).'
    """
    if rule.share <= 0:
        return None
    e_value = share_ratio(traffic.reference, traffic.tasks, rule.share)
    if e_value < ALARM:
        return None
    served = f"{traffic.reference} of {traffic.tasks} tasks"
    return f"The old prompt served {served}, not {rule.share:.0%} of them (e-value {e_value:.3g})."


def judge(
    rule: HoldbackRule,
    outcomes: Sequence[HoldbackOutcome],
    began_at: datetime,
    now: datetime,
    traffic: TrafficCounts = NO_TRAFFIC,
) -> HoldbackDecision:
    """Decide on the outcomes so far.

    The first outcome at which the evidence is enough decides, even if the function is called later.

    Parameters
    ----------
    outcomes
        The outcomes in the order in which they became known.
    began_at
        When the promotion happened.
    traffic
        All tasks since then, for the sample-ratio check.

    Examples
    --------
    The old prompt serves every second task and always succeeds; the new one fails every other time:

    >>> from datetime import UTC, datetime
    >>> from tinyarms.release.holdback import HoldbackOutcome, judge
    >>> from tinyarms.release.holdback_rule import HoldbackRule
    >>> rule = HoldbackRule(share=0.5, alpha=0.04)
    >>> now = datetime(2024, 11, 1, tzinfo=UTC)
    >>> old = HoldbackOutcome(reference=True, success=True, share=0.5)
    >>> right = HoldbackOutcome(reference=False, success=True, share=0.5)
    >>> wrong = HoldbackOutcome(reference=False, success=False, share=0.5)
    >>> judge(rule, [old, right, old, wrong], now, now).action
    'go_on'
    >>> decision = judge(rule, [old, right, old, wrong] * 20, now, now)
    >>> decision.action, decision.n
    ('roll_back', 40)
    >>> decision.reason
    'Succeeds less often than the prompt before it: e-value 28 (25 decides) after 40 outcomes.'
    """
    used, doubt = outcomes[:MAX_OUTCOMES], suspended(rule, traffic)
    if rule.threshold is not None:
        decision = _threshold(rule.threshold, rule.sample_size or 1, used)
    else:
        decision = _comparison(rule.alpha, used)
    if decision is not None and doubt is None:
        return decision
    n = len(used)
    if n >= MAX_OUTCOMES or now - began_at >= timedelta(days=MAX_DAYS):
        days = (now - began_at) / timedelta(days=1)
        reason = f"Not credibly worse in {n} outcomes, {days:.0f} days."
        return HoldbackDecision("keep", n, f"Not compared: {doubt}" if doubt else reason)
    if doubt is not None:
        return HoldbackDecision("go_on", n, f"{doubt} The decision is suspended: find out why.")
    outcomes_left = MAX_OUTCOMES - n
    return HoldbackDecision(
        "go_on", n, f"{counted(n, 'outcome')} so far; at most {outcomes_left} more are needed."
    )


def _comparison(alpha: float, outcomes: Sequence[HoldbackOutcome]) -> HoldbackDecision | None:
    """The decision at the first outcome at which an e-value reaches 1 / alpha, if one does."""
    if not outcomes:
        return None
    reference, success, share = (np.array(column) for column in zip(*outcomes, strict=True))
    worse, better = HoldbackEvidence().see(reference, success, share)
    needed = log(1 / alpha)
    crossed = (worse >= needed) | (better >= needed)
    if not crossed.any():
        return None
    first = int(crossed.argmax())
    is_worse = bool(worse[first] >= needed)
    e_value = exp(min(700.0, float((worse if is_worse else better)[first])))
    how = "less" if is_worse else "more"
    reason = f"Succeeds {how} often than the prompt before it: e-value {e_value:.0f} "
    reason += f"({1 / alpha:g} decides) after {first + 1} outcomes."
    return HoldbackDecision("roll_back" if is_worse else "keep", first + 1, reason)


def _threshold(
    threshold: float, sample_size: int, outcomes: Sequence[HoldbackOutcome]
) -> HoldbackDecision | None:
    """The decision at the first window of `sample_size` outcomes below the threshold, if any."""
    successes = np.cumsum([0, *(outcome.success for outcome in outcomes)])
    shares = (successes[sample_size:] - successes[:-sample_size]) / sample_size
    below = shares < threshold
    if not below.any():
        return None
    first = int(below.argmax())
    reason = f"Accuracy {shares[first]:.1%} over {sample_size} outcomes, below {threshold:.1%}."
    return HoldbackDecision("roll_back", first + sample_size, reason)
