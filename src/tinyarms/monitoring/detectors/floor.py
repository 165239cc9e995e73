"""The floor: accuracy is credibly below a threshold, for a version that was above it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import Accuracy, accuracy
from tinyarms.monitoring.baseline import baseline_of, lower_bound, lower_bounds
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.beta import probability_below

WINDOW = 50
"""Outcomes in the window, or `sample_size` if that is more. A wider one notices smaller drops and
takes longer to notice any."""
ALARM_ABOVE = 0.95
"""The probability, in (0, 1), above which the alarm is raised. Higher: fewer false alarms, and
drops are found later."""


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
    A version that succeeds in 19 of 20 tasks drops to 7 of 10:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.floor import Floor
    >>> outcomes = [task % 20 < 19 for task in range(200)] + [task % 10 < 7 for task in range(50)]
    >>> detector = Floor(Triggers(accuracy_threshold=0.80))
    >>> detector.read(outcomes[:200]).alarm
    False
    >>> reading = detector.read(outcomes)
    >>> reading.alarm, reading.summary
    (True, 'below 80.0% with probability 0.96')

    A version that was never above the floor raises no alarm:

    >>> detector.read([task % 10 < 6 for task in range(200)]).summary
    'no floor: its baseline is not surely above 80.0%'
    """

    name = "floor"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold, self._min_outcomes = triggers.accuracy_threshold, triggers.sample_size
        self._width = max(WINDOW, self._min_outcomes)

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        successes = [0, *accumulate(outcomes)]
        bounds = lower_bounds(outcomes)
        alarms = list[bool]()
        for end in range(since + 1, len(outcomes) + 1):
            begin = max(since, end - self._width)
            recent = Accuracy(successes[end] - successes[begin], end - begin)
            applies = bounds[end] >= self._threshold
            alarms.append(applies and (self._probability(recent) or 0.0) > ALARM_ABOVE)
        return alarms

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        recent = accuracy(outcomes[since:][-self._width :])
        lower = lower_bound(baseline_of(outcomes))
        probability = self._probability(recent)
        numbers = {
            "probability": probability,
            "sure": ALARM_ABOVE,
            "floor": self._threshold,
            "accuracy": recent.value,
            "n": recent.n,
            "baseline_lower": lower,
        }
        floor = f"{self._threshold:.1%}"
        applies = lower is not None and lower >= self._threshold
        if not applies:
            summary = f"no floor: its baseline is not surely above {floor}"
        elif probability is None:
            summary = f"too few outcomes to compare with {floor}"
        else:
            summary = f"below {floor} with probability {probability:.2f}"
        alarm = applies and (probability or 0.0) > ALARM_ABOVE
        return Reading(self.name, alarm, numbers, summary)

    def _probability(self, recent: Accuracy) -> float | None:
        """The probability that accuracy is below the floor; `None` with too few outcomes."""
        if recent.n < self._min_outcomes:
            return None
        failures = recent.n - recent.successes
        return probability_below(self._threshold, recent.successes, failures)
