"""ADWIN: a window that grows while its mean is steady and is cut where the mean has changed.

Bifet & Gavaldà 2007, "Learning from Time-Changing Data with Adaptive Windowing"; river's
implementation with its default delta. On this kind of data it hardly ever errs, and is slow:
`benchmarks/run.py watch`.
"""

from __future__ import annotations

from typing import Any

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.verdict import Reading

DELTA = 0.002


class Adwin:
    """The last change of the mean that it found was a drop."""

    name = "adwin"

    def __init__(self, triggers: Triggers) -> None:
        self._before: float | None = None
        self._alarm = False
        self._adwin = _adwin()

    @property
    def alarm(self) -> bool:
        return self._alarm

    def see(self, success: bool) -> None:
        before = self._adwin.estimation
        self._adwin.update(float(success))
        if self._adwin.drift_detected:
            self._before, self._alarm = before, self._adwin.estimation < before

    def restart(self) -> None:
        self._before, self._alarm, self._adwin = None, False, _adwin()

    def read(self) -> Reading:
        width = int(self._adwin.width)
        mean = self._adwin.estimation if width else None
        numbers = {"mean": mean, "width": width, "mean_before": self._before, "delta": DELTA}
        if self._before is None or mean is None:
            said = f"no change found in {width} outcomes"
        else:
            said = f"{mean:.1%} in a window of {width}, {self._before:.1%} before it"
        return Reading(self.name, self._alarm, numbers, said)


def _adwin() -> Any:
    # Slow to import: only who asks for this rule waits for it.
    from river.drift import adwin

    make: Any = adwin.ADWIN
    return make(delta=DELTA)
