"""Renews the leases that this process holds, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import Store
from tinyarms.store.db.unit_of_work import UnitOfWork

BEAT_S = 15.0
"""Seconds between two renewals. Higher: fewer writes, and fewer of them may fail before a lease
expires."""
Renewal = Callable[[UnitOfWork], object]

_log = logging.getLogger("tinyarms")


class Heartbeat:
    """Renews what is held. The thread starts with the first lease, and ends when none is held.

    It belongs to a process that stands still as a whole if it does, so that others can take over.
    While the database cannot be used nothing is renewed, and nothing is taken over either.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[Renewal] = []
        self._thread: threading.Thread | None = None

    @contextmanager
    def renewing(self, store: Store, renewal: Renewal) -> Iterator[None]:
        """Within the block, renew it every `BEAT_S` seconds."""
        with self._lock:
            self._held.append(renewal)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(store,), name="tinyarms-leases", daemon=True
                )
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.remove(renewal)

    def _run(self, store: Store) -> None:
        pause = threading.Event()
        while True:
            pause.wait(BEAT_S)
            with self._lock:
                held = list(self._held)
                if not held:
                    self._thread = None
                    return
            try:
                self._renew(store, held)
            except StoreError:
                pass  # The database cannot be used: nothing is renewed, and nothing taken over.
            except Exception:  # A thread that ended would let every lease of this process expire.
                _log.exception("The leases of this process were not renewed; it is tried again.")

    def _renew(self, store: Store, held: Sequence[Renewal]) -> None:
        with store.write_now() as work:
            for renewal in held:
                # What was given back while this waited for its turn stays given back.
                if renewal in self._held:
                    renewal(work)
