"""The original design's trigger: accuracy below a threshold over the last few outcomes.

Known cost: looked at once a day (20 tasks a day) it raises 0.9 false alarms per 1,000 healthy
tasks at a true 92 %, and 14 at a true 82 %.
"""

from __future__ import annotations

from collections import deque

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading


class Original:
    """The last `sample_size` outcomes show less than `accuracy_threshold`."""

    name = "original"

    def __init__(self, triggers: Triggers) -> None:
        self._threshold = triggers.accuracy_threshold
        self._last = deque[bool](maxlen=triggers.sample_size)

    @property
    def alarm(self) -> bool:
        full = len(self._last) == self._last.maxlen
        return full and sum(self._last) / len(self._last) < self._threshold

    def see(self, success: bool) -> None:
        self._last.append(success)

    def restart(self) -> None:
        """Nothing: in the original design only the cooldown holds it back."""

    def read(self) -> Reading:
        seen = accuracy(self._last)
        numbers = {"accuracy": seen.value, "n": seen.n, "threshold": self._threshold}
        said = f"{'' if self.alarm else 'not '}below {self._threshold:.1%}"
        if seen.n < (self._last.maxlen or 0):
            said = f"{self._last.maxlen} are needed"
        return Reading(self.name, self.alarm, numbers, said)
