"""The default trigger: an e-detector on the version's outcomes, against its own baseline.

Each outcome is compared with the baseline of the outcomes before it. The baseline is therefore
known before the outcome, and the bound of `stats.e_detector` holds as long as the baseline's lower
bound is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import baseline_of, lower_bound, lower_bounds
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.e_detector import evidence_of_drop


class Drop:
    """Alarm when the success rate has fallen below that of the version's first 200 outcomes.

    Parameters
    ----------
    triggers
        `false_alarms_per_1000`, in (0, 100]: the most false alarms in 1,000 tasks, on average,
        while the rate does not fall. The alarm comes at an evidence of 1000 divided by it.
    known_rate
        The baseline, in [0, 1], where it need not be learnt from the outcomes.
    name
        The name in readings; signals watch streams of their own with this detector.

    Examples
    --------
    A version that succeeds in 9 of 10 tasks, then in 4 of 10:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.drop import Drop
    >>> outcomes = [task % 10 < 9 for task in range(300)] + [task % 10 < 4 for task in range(30)]
    >>> detector = Drop(Triggers())
    >>> detector.read(outcomes[:300]).summary
    'no drop from 90.0% over the first 200'
    >>> detector.alarms(outcomes).index(True) - 299
    17
    >>> detector.read(outcomes).summary
    'down from 90.0% over the first 200'

    References
    ----------
    Shin, Ramdas & Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change
    detection" (arXiv 2203.03532).
    """

    def __init__(
        self, triggers: Triggers, known_rate: float | None = None, name: str = "drop"
    ) -> None:
        self.name = name
        self._known_rate = known_rate
        self._threshold = 1000 / triggers.false_alarms_per_1000

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        return [evidence >= self._threshold for evidence in self._evidence(outcomes, since)]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        baseline = baseline_of(outcomes)
        path = self._evidence(outcomes, since)
        evidence = path[-1] if path else 0.0
        numbers = {
            "evidence": evidence,
            "threshold": self._threshold,
            "baseline": baseline.value,
            "baseline_n": baseline.n,
            "baseline_lower": lower_bound(baseline),
        }
        if baseline.value is None:
            return Reading(self.name, False, numbers, "no baseline yet")
        alarm = evidence >= self._threshold
        usual = f"{baseline.value:.1%} over the first {baseline.n}"
        summary = f"down from {usual}" if alarm else f"no drop from {usual}"
        return Reading(self.name, alarm, numbers, summary)

    def _evidence(self, outcomes: Sequence[bool], since: int) -> list[float]:
        """The evidence after each outcome from the first after `since` on."""
        later = outcomes[since:]
        known = self._known_rate
        rates = lower_bounds(outcomes)[since:-1] if known is None else [known] * len(later)
        return evidence_of_drop(later, rates, self._threshold)
