"""The default trigger: an e-detector on the version's outcomes, against its own baseline.

An outcome is held against the baseline of those before it, so p0 is known before the outcome
and the bound of `stats.e_detector` holds as long as the baseline's lower bound is right. The
alarm comes at an evidence of 1000 / `false_alarms_per_1000`.
"""

from __future__ import annotations

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import Baseline
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.e_detector import EDetector


class Drop:
    """Worse than the version's first 200 outcomes."""

    def __init__(self, triggers: Triggers, known: float | None = None, name: str = "drop") -> None:
        """`known`: the baseline in [0, 1], where it need not be learnt from the outcomes."""
        self.name = name
        self.baseline = Baseline()
        self._known = known
        self._detector = EDetector(1000 / triggers.false_alarms_per_1000)

    @property
    def alarm(self) -> bool:
        return self._detector.alarm

    def see(self, success: bool) -> None:
        p0 = self.baseline.lower if self._known is None else self._known
        if p0 is not None:
            self._detector.see(success, p0)
        self.baseline.see(success)

    def restart(self) -> None:
        """Forgets the evidence; the baseline stays that of the version's first outcomes."""
        self._detector.restart()

    def read(self) -> Reading:
        first = self.baseline.accuracy
        numbers = {
            "evidence": self._detector.evidence,
            "threshold": self._detector.threshold,
            "baseline": first.value,
            "baseline_n": first.n,
            "baseline_lower": self.baseline.lower,
        }
        if first.value is None:
            return Reading(self.name, False, numbers, "no baseline yet")
        before = f"{first.value:.1%} over the first {first.n}"
        said = f"down from {before}" if self.alarm else f"no drop from {before}"
        return Reading(self.name, self.alarm, numbers, said)
