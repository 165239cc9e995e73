"""ADWIN: a window that grows while its mean is steady and is cut where the mean has changed.

On the outcomes of tasks it raises almost no false alarms and takes long to find a drop; compare
the detectors with `benchmarks/run.py watch`.
"""

from __future__ import annotations

from typing import Any

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.verdict import Reading

DELTA = 0.002
"""The significance level of a cut, in (0, 1): river's default. A lower one means fewer false
alarms and a longer delay."""


class Adwin:
    """Alarm while the last change that ADWIN found in the success rate was a drop.

    Parameters
    ----------
    triggers
        Not read: `DELTA` is the only parameter. Every detector takes the same arguments.

    Examples
    --------
    A version that succeeds in 9 of 10 tasks, then in 4 of 10:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.adwin import Adwin
    >>> detector = Adwin(Triggers())
    >>> for task in range(300):
    ...     detector.see(task % 10 < 9)
    >>> detector.alarm
    False
    >>> for task in range(100):
    ...     detector.see(task % 10 < 4)
    >>> detector.alarm
    True
    >>> detector.read().summary
    '37.5% in a window of 48, 82.9% before it'

    References
    ----------
    Bifet & Gavaldà 2007, "Learning from Time-Changing Data with Adaptive Windowing", SIAM
    International Conference on Data Mining, pages 443 to 448. The implementation is river's.
    """

    name = "adwin"

    def __init__(self, triggers: Triggers) -> None:
        self._mean_before: float | None = None
        self._alarm = False
        self._adwin = _adwin()

    @property
    def alarm(self) -> bool:
        return self._alarm

    def see(self, success: bool) -> None:
        mean_before = self._adwin.estimation
        self._adwin.update(float(success))
        if self._adwin.drift_detected:
            self._mean_before = mean_before
            self._alarm = self._adwin.estimation < mean_before

    def restart(self) -> None:
        self._mean_before, self._alarm, self._adwin = None, False, _adwin()

    def read(self) -> Reading:
        width = int(self._adwin.width)
        mean = self._adwin.estimation if width else None
        numbers = {
            "mean": mean,
            "width": width,
            "mean_before": self._mean_before,
            "delta": DELTA,
        }
        if self._mean_before is None or mean is None:
            summary = f"no change found in {width} outcomes"
        else:
            summary = f"{mean:.1%} in a window of {width}, {self._mean_before:.1%} before it"
        return Reading(self.name, self._alarm, numbers, summary)


def _adwin() -> Any:
    # river is slow to import, so only a project that uses this rule pays for it.
    from river.drift import adwin

    make: Any = adwin.ADWIN
    return make(delta=DELTA)
