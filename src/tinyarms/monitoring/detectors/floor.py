"""The floor: accuracy is credibly below a threshold, for a version that was above it."""

from __future__ import annotations

from collections import deque

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.baseline import Baseline
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.beta import probability_below

WINDOW = 50
"""Outcomes in the window, or `sample_size` if that is more. A wider one notices smaller falls and
takes longer to notice any."""
SURE = 0.95
"""The probability, in (0, 1), above which the alarm is raised; a higher one alarms less often."""


class Floor:
    """Alarm when P(accuracy < `accuracy_threshold`) > 0.95 over the last 50 outcomes.

    The probability is that of the Beta posterior under the uniform prior. The rule applies only
    where the lower bound of the version's baseline is at least the threshold: a tiny model that
    does well at 72 % must not alarm every week.

    Parameters
    ----------
    triggers
        `accuracy_threshold`, the floor, in [0, 1]; `sample_size`, the fewest outcomes that the
        rule reads. The window has `sample_size` outcomes if that is more than 50.

    Examples
    --------
    A version that succeeds in 19 of 20 tasks falls to 7 of 10:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.floor import Floor
    >>> detector = Floor(Triggers(accuracy_threshold=0.80))
    >>> for task in range(200):
    ...     detector.see(task % 20 < 19)
    >>> detector.applies, detector.alarm
    (True, False)
    >>> for task in range(50):
    ...     detector.see(task % 10 < 7)
    >>> detector.alarm
    True
    >>> detector.read().summary
    'below 80.0% with probability 0.96'

    A version that never was above the floor raises no alarm:

    >>> detector = Floor(Triggers(accuracy_threshold=0.80))
    >>> for task in range(200):
    ...     detector.see(task % 10 < 6)
    >>> detector.read().summary
    'no floor: its baseline is not surely above 80.0%'
    """

    name = "floor"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold, self._fewest = triggers.accuracy_threshold, triggers.sample_size
        self._baseline = Baseline()
        self._window = deque[bool](maxlen=max(WINDOW, self._fewest))
        self._successes = 0

    @property
    def applies(self) -> bool:
        """Whether the version's baseline was above the floor."""
        lower = self._baseline.lower
        return lower is not None and lower >= self._threshold

    @property
    def probability(self) -> float | None:
        """The probability that accuracy is below the floor; `None` with too few outcomes."""
        if len(self._window) < self._fewest:
            return None
        return probability_below(
            self._threshold, self._successes, len(self._window) - self._successes
        )

    @property
    def alarm(self) -> bool:
        return self.applies and (self.probability or 0.0) > SURE

    def see(self, success: bool) -> None:
        if len(self._window) == self._window.maxlen:
            self._successes -= self._window[0]
        self._window.append(success)
        self._successes += success
        self._baseline.see(success)

    def restart(self) -> None:
        self._window.clear()
        self._successes = 0

    def read(self) -> Reading:
        recent, probability = accuracy(self._window), self.probability
        numbers = {
            "probability": probability,
            "sure": SURE,
            "floor": self._threshold,
            "accuracy": recent.value,
            "n": recent.n,
            "baseline_lower": self._baseline.lower,
        }
        floor = f"{self._threshold:.1%}"
        if not self.applies:
            summary = f"no floor: its baseline is not surely above {floor}"
        elif probability is None:
            summary = f"too few outcomes to compare with {floor}"
        else:
            summary = f"below {floor} with probability {probability:.2f}"
        return Reading(self.name, self.alarm, numbers, summary)
