"""ADWIN: a window that grows while its mean is steady and is cut where the mean has changed.

On the outcomes of tasks, it raises almost no false alarms and takes long to find a drop. To compare
the detectors, run `benchmarks/run.py watch`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    >>> outcomes = [task % 10 < 9 for task in range(300)] + [task % 10 < 4 for task in range(100)]
    >>> detector = Adwin(Triggers())
    >>> detector.read(outcomes[:300]).alarm
    False
    >>> reading = detector.read(outcomes)
    >>> reading.alarm, reading.summary
    (True, '37.5% in a window of 48, 82.9% before it')

    References
    ----------
    Bifet & Gavaldà 2007, "Learning from Time-Changing Data with Adaptive Windowing", SIAM
    International Conference on Data Mining, pages 443 to 448. The implementation is river's.
    """

    name = "adwin"

    def __init__(self, triggers: Triggers) -> None:
        pass

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        return self._run(outcomes[since:])[0]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        alarms, window, mean_before = self._run(outcomes[since:])
        width = int(window.width)
        mean = window.estimation if width else None
        numbers = {"mean": mean, "width": width, "mean_before": mean_before, "delta": DELTA}
        if mean_before is None or mean is None:
            summary = f"no change found (n={width})"
        else:
            summary = f"{mean:.1%} in a window of {width}, {mean_before:.1%} before it"
        return Reading(self.name, alarms[-1] if alarms else False, numbers, summary)

    def _run(self, outcomes: Sequence[bool]) -> tuple[list[bool], Any, float | None]:
        """The alarm after each outcome, the final window, and the mean before its last cut."""
        window, alarm, mean_before = _adwin(), False, None
        alarms = list[bool]()
        for success in outcomes:
            mean = window.estimation
            window.update(float(success))
            if window.drift_detected:
                mean_before, alarm = mean, window.estimation < mean
            alarms.append(alarm)
        return alarms, window, mean_before


def _adwin() -> Any:
    # river is slow to import, so only a project that uses this rule pays for it.
    from river.drift import adwin

    make: Any = adwin.ADWIN
    return make(delta=DELTA)
