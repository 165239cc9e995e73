"""Turns of the writers of a SQLite file, in the order of asking, in all processes of a machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LONGEST_TURN_S = 20.0
"""Longest wait for a turn in seconds; then only SQLite's own lock counts. Higher: the order holds
under a higher load, and a program that keeps the folder's lock without reason delays longer."""


class _TurnsHere(threading.local):
    """The folders whose turn this thread has."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()


_TURNS_HERE = _TurnsHere()


@contextmanager
def turn_to_write(folder: Path, patience_s: float | None) -> Iterator[None]:
    """Within the block no other writer of a SQLite file that asks for a turn has one, here or in
    another process. Turns come in the order of asking.

    SQLite has one writer at a time. Whoever finds another one looks again later, ever more rarely,
    at last each 100 ms: whoever has come last looks most often and goes first, and on a busy
    machine some wait until their patience ends. So writers first take the lock of the database's
    folder (`flock`), which the kernel gives in the order of asking, and which leaves no file behind
    and ends with its process. It is only a courtesy: SQLite's own lock decides who writes.

    It begins without a turn if none came within `patience_s` (`None`: in 20 seconds), and where the
    folder cannot be locked.
    """
    if folder in _TURNS_HERE.folders:  # Another database in the same folder.
        yield
        return
    turn = FileTurn(folder)
    _TURNS_HERE.folders.add(folder)
    try:
        turn.take(patience_s)
        yield
    finally:
        _TURNS_HERE.folders.discard(folder)
        turn.give_back()


class FileTurn:
    """The lock of a folder or file. A thread waits for it, because `flock` has no time limit."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._users = 1
        """The caller, and the thread that waits: whoever is done last closes it."""
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1

    @property
    def is_possible(self) -> bool:
        """Whether there is such a folder or file."""
        return self._descriptor >= 0

    def take(self, patience_s: float | None) -> bool:
        """Wait for the lock, at most so many seconds, and never longer than 20 (`None`). Returns
        whether it came."""
        if self._descriptor < 0:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            longest_s = _LONGEST_TURN_S if patience_s is None else patience_s
            return longest_s > 0 and self._wait_by_thread(min(longest_s, _LONGEST_TURN_S))
        except OSError:
            return False  # a file system without this lock
        return True

    def _wait_by_thread(self, patience_s: float) -> bool:
        self._users = 2
        try:
            threading.Thread(target=self._wait, name="tinyarms-turn", daemon=True).start()
        except RuntimeError:  # The interpreter ends, or there are too many threads.
            self._users = 1
            return False
        return self._came.wait(patience_s)

    def give_back(self) -> None:
        """Give the lock back. If it has not come yet, the thread does it once it has."""
        with self._lock:
            self._users -= 1
            if self._users or self._descriptor < 0:
                return
        with suppress(OSError):
            # A process that was forked meanwhile has the same lock: it ends here for both.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def _wait(self) -> None:
        with suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._came.set()
        self.give_back()
