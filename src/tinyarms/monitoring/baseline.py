"""How well a version does while all is well: what it did at first."""

from __future__ import annotations

from collections import deque

from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.stats.binomial import wilson_interval

SIZE, LAG = 200, 100
"""Outcomes of the whole baseline, and how far it stays behind the newest."""
_CONFIDENCE = 0.70


class Baseline:
    """Of a version's first 200 known outcomes.

    While there are fewer, of those before the newest 100, or of the older half if that is more: a
    drop in a version's first days must not be taken for what is usual.
    """

    def __init__(self) -> None:
        self._seen = self._successes = self._n = 0
        self._newest = deque[bool]()
        self._lower: float | None = None

    @property
    def accuracy(self) -> Accuracy:
        return Accuracy(self._successes, self._n)

    @property
    def lower(self) -> float | None:
        """What the rate is at least, with a probability of 85 %; `None` without an outcome.

        The lower end of Wilson's 70 % interval.
        """
        return self._lower

    def see(self, success: bool) -> None:
        """The next known outcome. From the 301st on nothing changes."""
        if self._n == SIZE:
            return
        self._seen += 1
        self._newest.append(success)
        while self._n < min(SIZE, max((self._seen + 1) // 2, self._seen - LAG)):
            self._successes += self._newest.popleft()
            self._n += 1
            interval = wilson_interval(self._successes, self._n, _CONFIDENCE)
            self._lower = interval[0] if interval else None
