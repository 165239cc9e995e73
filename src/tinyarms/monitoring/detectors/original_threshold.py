"""The original design's trigger: accuracy below a threshold over the last few outcomes.

It is known to be expensive: read once a day, at 20 tasks a day, it raises 0.9 false alarms per
1,000 healthy tasks at a true accuracy of 92 %, and 14 at 82 %.
"""

from __future__ import annotations

from collections import deque

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading


class Original:
    """Alarm when accuracy over the last `sample_size` outcomes is below `accuracy_threshold`.

    Parameters
    ----------
    triggers
        `accuracy_threshold`, in [0, 1], and `sample_size`, in outcomes. There is no alarm before
        so many outcomes are known.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.original_threshold import Original
    >>> detector = Original(Triggers(accuracy_threshold=0.80, sample_size=20))
    >>> for task in range(19):
    ...     detector.see(task % 4 != 0)
    >>> detector.alarm, detector.read().summary
    (False, '20 outcomes are needed')
    >>> detector.see(True)
    >>> detector.alarm, detector.read().summary
    (True, 'below 80.0%')
    """

    name = "original"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold, self._size = triggers.accuracy_threshold, triggers.sample_size
        self._window = deque[bool](maxlen=self._size)

    @property
    def alarm(self) -> bool:
        full = len(self._window) == self._size
        return full and sum(self._window) / self._size < self._threshold

    def see(self, success: bool) -> None:
        self._window.append(success)

    def restart(self) -> None:
        """Do nothing: in the original design only the cooldown delays the next evolution."""

    def read(self) -> Reading:
        recent = accuracy(self._window)
        numbers = {"accuracy": recent.value, "n": recent.n, "threshold": self._threshold}
        if recent.n < self._size:
            summary = f"{self._size} outcomes are needed"
        else:
            summary = f"{'' if self.alarm else 'not '}below {self._threshold:.1%}"
        return Reading(self.name, self.alarm, numbers, summary)
