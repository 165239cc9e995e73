"""Page-Hinkley: a cumulative sum of how far outcomes are below their mean so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.verdict import Reading

THRESHOLD = 5.0
"""The distance of the sum from its best value, in outcomes, that counts as a drop. A higher one
means fewer false alarms and a longer delay."""
_WINDOW = 50
"""Newest outcomes that end the alarm once they are as good as the mean before the drop. More of
them end it later."""


class PageHinkley:
    """Alarm from a drop until the newest 50 outcomes are as good as the mean before it.

    Parameters
    ----------
    triggers
        Not read: `THRESHOLD` is the only parameter. Every detector takes the same arguments.

    Examples
    --------
    A version that succeeds in 9 of 10 tasks drops to 4 of 10 and recovers:

    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detectors.page_hinkley import PageHinkley
    >>> outcomes = [task % 10 < 9 for task in range(200)] + [task % 10 < 4 for task in range(30)]
    >>> detector = PageHinkley(Triggers())
    >>> detector.read(outcomes[:200]).alarm
    False
    >>> reading = detector.read(outcomes)
    >>> reading.alarm, reading.summary
    (True, 'down from 88.0%')
    >>> detector.read(outcomes + [True] * 60).alarm
    False

    References
    ----------
    Page 1954, "Continuous Inspection Schemes", Biometrika 41, pages 100 to 115. The implementation
    is river's.
    """

    name = "page_hinkley"

    def __init__(self, triggers: Triggers) -> None:
        pass

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        return [mean is not None for mean in self._means_before(outcomes[since:])]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        means = self._means_before(outcomes[since:])
        mean_before = means[-1] if means else None
        recent = accuracy(outcomes[since:][-_WINDOW:])
        numbers = {
            "accuracy": recent.value,
            "n": recent.n,
            "mean_before": mean_before,
            "threshold": THRESHOLD,
        }
        summary = "no drop found" if mean_before is None else f"down from {mean_before:.1%}"
        return Reading(self.name, mean_before is not None, numbers, summary)

    def _means_before(self, outcomes: Sequence[bool]) -> list[float | None]:
        """For each outcome, the mean before the current drop; `None`: there is no drop."""
        test, window, n, successes = _test(), deque[bool](maxlen=_WINDOW), 0, 0
        mean_before: float | None = None
        means = list[float | None]()
        for success in outcomes:
            n, successes = n + 1, successes + success
            window.append(success)
            test.update(float(success))
            if test.drift_detected:
                mean_before = successes / n if mean_before is None else mean_before
                n = successes = 0
            elif mean_before is not None and sum(window) >= mean_before * len(window):
                mean_before = None
            means.append(mean_before)
        return means


def _test() -> Any:
    # river is slow to import, so only a project that uses this rule pays for it.
    from river.drift import page_hinkley

    return page_hinkley.PageHinkley(threshold=THRESHOLD, mode="down")
