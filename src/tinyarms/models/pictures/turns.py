"""Models and OCR take turns: both use all processor threads, and together each starves the other.

Calls of embedded models may run side by side; a picture is read while none of them runs. That holds
within one process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Many may work at once, or one may read. Who waits to read goes before new work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._working = 0
        self._waiting = 0
        self._reading = False

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads or waits to read."""
        return self._reading or self._waiting > 0

    @contextmanager
    def work(self) -> Iterator[None]:
        """Waits until nobody reads or waits to read."""
        with self._changed:
            self._changed.wait_for(lambda: not self.has_readers)
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    @contextmanager
    def read(self) -> Iterator[None]:
        """Waits until nobody works or reads."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._reading and not self._working)
                self._reading = True
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._reading = False
                self._changed.notify_all()


TURNS = Turns()
"""The turns of this process."""
