"""The default trigger: two kinds of evidence that a version does worse than at first.

`stats.early_drop` looks for a drop that begins with one of the first 100 outcomes; it needs no
baseline. The e-detector of `stats.e_detector` looks for later drops: from the 101st on, it compares
each outcome with the baseline of the outcomes before it. Because the baseline does not depend on
the outcome, the bound of the e-detector holds as long as the baseline's lower bound is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import SIZE, baseline_of, lower_bound, lower_bounds
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.e_detector import evidence_of_drop
from tinyarms.stats.early_drop import CHANGES, evidence_of_early_drop

EARLY_SHARE = 0.24
"""Share of the e-detector's threshold at which early evidence raises the alarm. A lower one finds
more drops in a version's first weeks and raises more false alarms. With this one, a version has as
many false alarms in its first 300 outcomes as with an e-detector from the first outcome on."""


class Drop:
    """Alarm when the success rate has fallen below that of the version's first 200 outcomes.

    Parameters
    ----------
    triggers
        `false_alarms_per_1000`, in (0, 100]: the most false alarms in 1,000 tasks, on average,
        while the rate does not fall. The e-detector raises the alarm at an evidence of 1000 divided
        by it, early evidence at 0.24 times as much.
    known_rate
        The baseline, in [0, 1], if it is known in advance; `None`: the outcomes give it.
    name
        The name in readings. Signals use this detector on their own streams.
    baseline
        Outcomes in a complete baseline, at least 200. More: a smaller drop is found, and of a
        stream with few outcomes the baseline takes longer.

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
        self,
        triggers: Triggers,
        known_rate: float | None = None,
        name: str = "drop",
        baseline: int = SIZE,
    ) -> None:
        self.name = name
        self._baseline = baseline
        self._known_rate = known_rate
        self._threshold = 1000 / triggers.false_alarms_per_1000

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        early = self._early_evidence(outcomes, range(since + 1, len(outcomes) + 1), since)
        alarms = zip(self._evidence(outcomes, since), early, strict=True)
        return [self._alarm(evidence, early) for evidence, early in alarms]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        baseline = baseline_of(outcomes, self._baseline)
        rate = baseline.value
        evidence = (self._evidence(outcomes, since) or [0.0])[-1]
        newest = range(since + 1, len(outcomes) + 1)[-1:]
        early = (self._early_evidence(outcomes, newest, since) or [0.0])[-1]
        numbers = {
            "evidence": evidence,
            "threshold": self._threshold,
            "early_evidence": early,
            "early_threshold": EARLY_SHARE * self._threshold,
            "baseline": rate,
            "baseline_n": baseline.n,
            "baseline_lower": lower_bound(baseline),
        }
        if rate is None:
            return Reading(self.name, False, numbers, "no baseline yet")
        alarm = self._alarm(evidence, early)
        usual = f"{rate:.1%} over the first {baseline.n}"
        summary = f"down from {usual}" if alarm else f"no drop from {usual}"
        return Reading(self.name, alarm, numbers, summary)

    def _alarm(self, evidence: float, early: float) -> bool:
        return evidence >= self._threshold or early >= EARLY_SHARE * self._threshold

    def _evidence(self, outcomes: Sequence[bool], since: int) -> list[float]:
        """The e-detector's evidence after each outcome that follows the first `since`."""
        known_rate = self._known_rate
        begin = since if known_rate is not None else max(since, CHANGES)
        later = outcomes[begin:]
        if not later:
            return [0.0] * (len(outcomes) - since)
        if known_rate is None:
            rates = lower_bounds(outcomes, self._baseline)[begin:-1]
        else:
            rates = [known_rate] * len(later)
        return [0.0] * (begin - since) + evidence_of_drop(later, rates, self._threshold)

    def _early_evidence(
        self, outcomes: Sequence[bool], ends: Sequence[int], since: int
    ) -> list[float]:
        """The evidence of a drop that began before there was a baseline, at each of `ends`."""
        if self._known_rate is not None:
            return [0.0] * len(ends)
        return list(map(float, evidence_of_early_drop(outcomes, ends, since)))
