"""The floor: accuracy is credibly below a threshold, for a version that was above it."""

from __future__ import annotations

from collections import deque

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.baseline import Baseline
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.beta import probability_below

WINDOW = 50
SURE = 0.95


class Floor:
    """P(accuracy < `accuracy_threshold`) > 0.95 over the last 50 outcomes.

    Under the uniform prior; over the last `sample_size` if that is more, and not before there are
    so many. Only where the baseline's lower bound is at least the threshold: a tiny model's
    healthy 0.72 must not alarm every week.
    """

    name = "floor"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold, self._least = triggers.accuracy_threshold, triggers.sample_size
        self._baseline = Baseline()
        self._last = deque[bool](maxlen=max(WINDOW, self._least))
        self._successes = 0

    @property
    def applies(self) -> bool:
        """Whether the version was above the floor."""
        lower = self._baseline.lower
        return lower is not None and lower >= self._threshold

    @property
    def probability(self) -> float | None:
        """That the accuracy is below the floor; `None` while there are too few outcomes."""
        if len(self._last) < self._least:
            return None
        return probability_below(
            self._threshold, self._successes, len(self._last) - self._successes
        )

    @property
    def alarm(self) -> bool:
        return self.applies and (self.probability or 0.0) > SURE

    def see(self, success: bool) -> None:
        if len(self._last) == self._last.maxlen:
            self._successes -= self._last[0]
        self._last.append(success)
        self._successes += success
        self._baseline.see(success)

    def restart(self) -> None:
        self._last.clear()
        self._successes = 0

    def read(self) -> Reading:
        seen, probability = accuracy(self._last), self.probability
        numbers = {
            "probability": probability,
            "sure": SURE,
            "floor": self._threshold,
            "accuracy": seen.value,
            "n": seen.n,
            "baseline_lower": self._baseline.lower,
        }
        floor = f"{self._threshold:.1%}"
        if not self.applies:
            said = f"no floor: it was not surely above {floor} at first"
        elif probability is None:
            said = f"too few outcomes to hold against {floor}"
        else:
            said = f"below {floor} with probability {probability:.2f}"
        return Reading(self.name, self.alarm, numbers, said)
