"""The baseline of a prompt version: its success rate over its first outcomes."""

from __future__ import annotations

from collections import deque

from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.stats.binomial import wilson_interval

SIZE = 200
"""Outcomes in a complete baseline. More make it more precise, and later to complete."""
LAG = 100
"""Outcomes by which a growing baseline stays behind the newest one. A larger lag keeps a drop out
of the baseline for longer."""
_CONFIDENCE = 0.70
"""Confidence of the two-sided interval whose lower end is `Baseline.lower`; a higher one lowers
that bound, so that smaller drops go unnoticed."""


class Baseline:
    """The success rate of a version's first 200 known outcomes.

    While fewer than 300 are known, the baseline covers the outcomes before the newest 100, or the
    older half if that is more: a drop in a version's first days must not pass for its usual rate.

    Examples
    --------
    >>> from tinyarms.monitoring.baseline import Baseline
    >>> baseline = Baseline()
    >>> for task in range(50):
    ...     baseline.see(task % 10 != 0)
    >>> baseline.accuracy
    Accuracy(successes=22, n=25)
    >>> round(baseline.lower, 3)
    0.797
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
        """A lower bound of the true rate that holds with a probability of 85 %, in [0, 1].

        It is the lower end of Wilson's 70 % interval; `None` without an outcome.
        """
        return self._lower

    def see(self, success: bool) -> None:
        """Take the next known outcome. From the 301st on nothing changes."""
        if self._n == SIZE:
            return
        self._seen += 1
        self._newest.append(success)
        while self._n < min(SIZE, max((self._seen + 1) // 2, self._seen - LAG)):
            self._successes += self._newest.popleft()
            self._n += 1
            interval = wilson_interval(self._successes, self._n, _CONFIDENCE)
            self._lower = interval[0] if interval else None
