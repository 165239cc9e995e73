"""Page-Hinkley: a cumulative sum of how far outcomes are below their mean so far."""

from __future__ import annotations

from collections import deque
from typing import Any

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading

THRESHOLD = 5.0
"""The distance of the sum from its best value, in outcomes, that counts as a fall. A higher one
means fewer false alarms and a longer delay."""
_WINDOW = 50
"""The newest outcomes, which end the alarm once they are as good as the mean before the fall."""


class PageHinkley:
    """Alarm from a fall until the newest 50 outcomes are as good as the mean before it.

    Parameters
    ----------
    triggers
        Not read: `THRESHOLD` is the only parameter. Every detector takes the same arguments.

    Examples
    --------
    A version that succeeds in 9 of 10 tasks falls to 4 of 10 and recovers:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.page_hinkley import PageHinkley
    >>> detector = PageHinkley(Triggers())
    >>> for task in range(200):
    ...     detector.see(task % 10 < 9)
    >>> detector.alarm
    False
    >>> for task in range(30):
    ...     detector.see(task % 10 < 4)
    >>> detector.alarm, detector.read().summary
    (True, 'fallen from 88.0%')
    >>> for task in range(60):
    ...     detector.see(True)
    >>> detector.alarm
    False

    References
    ----------
    Page 1954, "Continuous Inspection Schemes", Biometrika 41, pages 100 to 115. The implementation
    is river's.
    """

    name = "page_hinkley"

    def __init__(self, triggers: Triggers) -> None:
        self._window = deque[bool](maxlen=_WINDOW)
        self._n = self._successes = 0
        self._mean_before: float | None = None
        self._test = _test()

    @property
    def alarm(self) -> bool:
        return self._mean_before is not None

    def see(self, success: bool) -> None:
        self._n, self._successes = self._n + 1, self._successes + success
        self._window.append(success)
        self._test.update(float(success))
        if self._test.drift_detected:
            if self._mean_before is None:
                self._mean_before = self._successes / self._n
            self._n = self._successes = 0
        elif self._has_recovered():
            self._mean_before = None

    def _has_recovered(self) -> bool:
        if self._mean_before is None:
            return False
        return sum(self._window) >= self._mean_before * len(self._window)

    def restart(self) -> None:
        self._n, self._successes, self._mean_before = 0, 0, None
        self._window.clear()
        self._test = _test()

    def read(self) -> Reading:
        recent = accuracy(self._window)
        numbers = {
            "accuracy": recent.value,
            "n": recent.n,
            "mean_before": self._mean_before,
            "threshold": THRESHOLD,
        }
        if self._mean_before is None:
            summary = "no fall found"
        else:
            summary = f"fallen from {self._mean_before:.1%}"
        return Reading(self.name, self.alarm, numbers, summary)


def _test() -> Any:
    # river is slow to import, so only a project that uses this rule pays for it.
    from river.drift import page_hinkley

    return page_hinkley.PageHinkley(threshold=THRESHOLD, mode="down")
