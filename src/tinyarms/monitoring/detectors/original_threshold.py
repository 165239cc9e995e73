"""The original design's trigger: accuracy below a threshold over the last few outcomes.

It raises many false alarms. At 20 tasks and one check a day, it raises 0.9 per 1,000 tasks if the
true accuracy stays at 92 %, and 14 if it stays at 82 %.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading


class Original:
    """Alarm when accuracy over the last `sample_size` outcomes is below `accuracy_threshold`.

    Parameters
    ----------
    triggers
        `accuracy_threshold`, in [0, 1], and `sample_size`, in outcomes. There is no alarm before
        `sample_size` outcomes are known.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.original_threshold import Original
    >>> detector = Original(Triggers(accuracy_threshold=0.80, sample_size=20))
    >>> outcomes = [task % 4 != 0 for task in range(20)]
    >>> detector.read(outcomes[:19]).summary
    '20 outcomes are needed'
    >>> reading = detector.read(outcomes)
    >>> reading.alarm, reading.summary
    (True, 'below 80.0%')
    """

    name = "original"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold, self._size = triggers.accuracy_threshold, triggers.sample_size

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        ends = range(since + 1, len(outcomes) + 1)
        return [self._is_below(outcomes[max(0, end - self._size) : end]) for end in ends]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        """`since` changes nothing: in the original design only the cooldown delays an evolution."""
        newest = outcomes[-self._size :]
        alarm, recent = self._is_below(newest), accuracy(newest)
        numbers = {"accuracy": recent.value, "n": recent.n, "threshold": self._threshold}
        if recent.n < self._size:
            summary = f"{self._size} outcomes are needed"
        else:
            summary = f"{'' if alarm else 'not '}below {self._threshold:.1%}"
        return Reading(self.name, alarm, numbers, summary)

    def _is_below(self, newest: Sequence[bool]) -> bool:
        return len(newest) == self._size and sum(newest) / self._size < self._threshold
