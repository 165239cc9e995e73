"""How often a caller may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

BURST_S = 2.0
"""Seconds of the average rate that may come at once. Higher: larger bursts."""
MOST_CALLERS = 10_000
"""Most callers that are counted; the one that was idle longest is forgotten."""


@dataclass
class Rates:
    """Counts the requests of each caller by a bucket that fills steadily. Threads may share it."""

    per_s: float
    clock_s: Callable[[], float] = time.monotonic
    _filled: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, key: str) -> float:
        """Count a request; seconds to wait if it is one too many, else 0.

        Examples
        --------
        >>> from tinyarms.web.security.limits import Rates
        >>> rates = Rates(per_s=1, clock_s=lambda: 0.0)
        >>> rates.wait_s("a"), rates.wait_s("a"), rates.wait_s("a"), rates.wait_s("b")
        (0.0, 0.0, 1.0, 0.0)
        """
        most = max(self.per_s * BURST_S, 1.0)
        with self._lock:
            now = self.clock_s()
            level, since = self._filled.pop(key, (most, now))
            level = min(most, level + (now - since) * self.per_s)
            wait = 0.0 if level >= 1 else (1 - level) / self.per_s
            self._filled[key] = (level - 1 if level >= 1 else level, now)
            while len(self._filled) > MOST_CALLERS:
                del self._filled[next(iter(self._filled))]
        return wait
