"""A circuit breaker: after several failures in a row, calls fail at once for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinyarms.core.errors import CallStopped, ModelBusy, ModelError, ModelTimeout, ModelUnavailable


class Breaker:
    """Opens after `limit` calls in a row that the server did not answer.

    While open, calls raise `ModelUnavailable` at once. After `pause_s` seconds one call is allowed:
    if the server answers it, the breaker closes; otherwise it stays open for the same time again.
    """

    def __init__(
        self, limit: int = 5, pause_s: float = 30.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._pause_s = pause_s
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        self._last_error = ""

    @contextmanager
    def guard(self, who: str) -> Iterator[None]:
        """Count the outcome of the call made inside. Raises `ModelUnavailable` while open."""
        self._check(who)
        try:
            yield
        except (ModelUnavailable, ModelTimeout, ModelBusy) as error:
            self._count_failure(error)
            raise
        except CallStopped:
            raise
        except ModelError:  # the server answered, so it is there
            self._close()
            raise
        self._close()

    def _check(self, who: str) -> None:
        with self._lock:
            if self._failures < self._limit:
                return
            remaining_s = self._open_until - self._now()
            if remaining_s <= 0:
                self._open_until = self._now() + self._pause_s
                return
            raise ModelUnavailable(
                f"{who}: {self._failures} calls in a row failed, the last with: {self._last_error}",
                f"Next try in {remaining_s:.0f} s.",
            )

    def _count_failure(self, error: ModelError) -> None:
        with self._lock:
            self._failures += 1
            self._last_error = error.message
            self._open_until = self._now() + self._pause_s

    def _close(self) -> None:
        with self._lock:
            self._failures = 0
