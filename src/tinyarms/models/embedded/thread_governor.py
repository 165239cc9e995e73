"""Notices that the machine is busy, by how long the model needs for its tokens.

llama.cpp's threads spin while they wait for each other. When another program takes one of the
cores, all the others wait for the thread that lost it: on two cores, two threads then answered
1.1 calls a second where one thread answered 5.9. Fewer threads are faster until the machine is
free again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tinyarms.models.embedded.tuning import Tuning
from tinyarms.skills.execution import ModelReply

SLOW = 0.35
"""Of the calibrated rate: below it a call counts as slow."""
PATIENCE = 5
"""So many slow calls in a row, and there will be fewer threads."""
RETRY_S = 180.0
"""After so many seconds with fewer threads, all of them are tried again."""


class Pace:
    """How many threads the model should have now. Safe to use from several threads."""

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
        """Whether `threads` has changed after this reply, so that the model has to start anew."""
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
        """By the rates that were measured with as many threads as it has now."""
        usual = self._tuning.of(self.threads, self._slots)
        if reply.model_ms is None or not usual.prompt_per_second or not usual.generation_per_second:
            return False
        fresh = reply.prompt_tokens - reply.cached_tokens
        expected_s = (
            fresh / usual.prompt_per_second + reply.completion_tokens / usual.generation_per_second
        )
        return expected_s < SLOW * reply.model_ms / 1000
