"""The default trigger: an e-detector on the version's outcomes, against its own baseline.

Each outcome is compared with the baseline of the outcomes before it. The baseline is therefore
known before the outcome, and the bound of `stats.e_detector` holds as long as the baseline's lower
bound is right.
"""

from __future__ import annotations

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import Baseline
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.e_detector import EDetector


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
    >>> detector = Drop(Triggers())
    >>> for task in range(300):
    ...     detector.see(task % 10 < 9)
    >>> detector.read().summary
    'no drop from 90.0% over the first 200'
    >>> tasks = 0
    >>> while not detector.alarm:
    ...     detector.see(tasks % 10 < 4)
    ...     tasks += 1
    >>> tasks
    17
    >>> detector.read().summary
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
        self.baseline = Baseline()
        self._known_rate = known_rate
        self._detector = EDetector(1000 / triggers.false_alarms_per_1000)

    @property
    def alarm(self) -> bool:
        return self._detector.alarm

    def see(self, success: bool) -> None:
        p0 = self.baseline.lower if self._known_rate is None else self._known_rate
        if p0 is not None:
            self._detector.see(success, p0)
        self.baseline.see(success)

    def restart(self) -> None:
        """Forget the evidence; the baseline stays that of the version's first outcomes."""
        self._detector.restart()

    def read(self) -> Reading:
        baseline = self.baseline.accuracy
        numbers = {
            "evidence": self._detector.evidence,
            "threshold": self._detector.threshold,
            "baseline": baseline.value,
            "baseline_n": baseline.n,
            "baseline_lower": self.baseline.lower,
        }
        if baseline.value is None:
            return Reading(self.name, False, numbers, "no baseline yet")
        usual = f"{baseline.value:.1%} over the first {baseline.n}"
        summary = f"down from {usual}" if self.alarm else f"no drop from {usual}"
        return Reading(self.name, self.alarm, numbers, summary)
