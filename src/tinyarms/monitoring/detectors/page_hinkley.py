"""Page-Hinkley: outcomes added up against their mean so far, until the sum leaves its best.

Page 1954, "Continuous Inspection Schemes"; river's implementation.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading

THRESHOLD = 5.0
"""In outcomes."""
_WINDOW = 50


class PageHinkley:
    """It found a fall, and the newest 50 outcomes are still below the mean before that."""

    name = "page_hinkley"

    def __init__(self, triggers: Triggers) -> None:
        self._last = deque[bool](maxlen=_WINDOW)
        self._n = self._successes = 0
        self._before: float | None = None
        self._test = _test()

    @property
    def alarm(self) -> bool:
        return self._before is not None

    def see(self, success: bool) -> None:
        self._n, self._successes = self._n + 1, self._successes + success
        self._last.append(success)
        self._test.update(float(success))
        if self._test.drift_detected:
            if self._before is None:
                self._before = self._successes / self._n
            self._n = self._successes = 0
        elif self._before is not None and sum(self._last) >= self._before * len(self._last):
            self._before = None

    def restart(self) -> None:
        self._n, self._successes, self._before = 0, 0, None
        self._last.clear()
        self._test = _test()

    def read(self) -> Reading:
        seen = accuracy(self._last)
        numbers = {
            "accuracy": seen.value,
            "n": seen.n,
            "mean_before": self._before,
            "threshold": THRESHOLD,
        }
        said = "no fall found" if self._before is None else f"fallen from {self._before:.1%}"
        return Reading(self.name, self.alarm, numbers, said)


def _test() -> Any:
    # Slow to import: only who asks for this rule waits for it.
    from river.drift import page_hinkley

    return page_hinkley.PageHinkley(threshold=THRESHOLD, mode="down")
