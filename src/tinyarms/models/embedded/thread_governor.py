"""Use fewer threads while the machine is busy, judged by the model's time per token.

llama.cpp's threads spin while they wait for each other. If another program takes a core, all
threads wait for the one that lost it: on two cores, two threads then made 1.1 calls per second and
one thread made 5.9. So fewer threads are faster until the machine is free again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tinyarms.models.embedded.tuning import Tuning
from tinyarms.skills.execution import ModelReply

SLOW = 0.35
"""Fraction of the calibrated token rate below which a call counts as slow. Higher: reacts sooner,
with more needless restarts."""
PATIENCE = 5
"""Consecutive slow calls after which the number of threads is reduced. Lower: reacts sooner."""
RETRY_S = 180.0
"""Seconds with fewer threads after which all threads are tried again. Lower: more restarts."""


class ThreadGovernor:
    """Decides how many threads the model should have. Safe to use from several threads."""

    def __init__(
        self, tuning: Tuning, slots: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.threads = tuning.chosen.threads
        self._tuning = tuning
        self._slots = slots
        self._now = now
        self._lock = threading.Lock()
        self._slow = 0
        self._retry_at = 0.0

    def saw(self, reply: ModelReply) -> bool:
        """Take a reply into account; returns whether `threads` has changed and the model must
        restart."""
        with self._lock:
            threads_before = self.threads
            if threads_before < self._tuning.chosen.threads and self._now() >= self._retry_at:
                self._change(self._tuning.chosen.threads)
            elif self._is_slow(reply):
                self._slow += 1
                if self._slow >= PATIENCE and threads_before > 1:
                    self._change(threads_before // 2)
            else:
                self._slow = 0
            return self.threads != threads_before

    def _change(self, threads: int) -> None:
        self.threads, self._slow = threads, 0
        self._retry_at = self._now() + RETRY_S

    def _is_slow(self, reply: ModelReply) -> bool:
        """Compare the call with the rates measured for the present number of threads."""
        usual = self._tuning.of(self.threads, self._slots)
        if reply.model_ms is None or not usual.prompt_per_second or not usual.generation_per_second:
            return False
        fresh = reply.prompt_tokens - reply.cached_tokens
        expected_s = (
            fresh / usual.prompt_per_second + reply.completion_tokens / usual.generation_per_second
        )
        return expected_s < SLOW * reply.model_ms / 1000
