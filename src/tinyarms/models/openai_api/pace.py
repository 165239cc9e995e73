"""The rate limits of a model: a call waits until it may be made.

The calls of the last minute are kept in a file in the user's cache folder, so the limits hold for
all threads and all processes of a user on this machine. Other machines with the same key are not
seen. Where the file cannot be used, the limits hold within this process.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from tinyarms.core.user_folders import user_folder

WINDOW_S = 60.5
"""Seconds in which no more calls and tokens begin than the limits allow. It is a minute and what
two calls may differ in on their way to the server. Higher: fewer calls a minute."""
_LOOK_AGAIN_S = 5.0
"""Most seconds of one wait; then the file is read again, because other processes may have needed
fewer tokens than they reserved. Lower: the file is read more often."""
_SHOWN_S = 1.0
"""Seconds of the shortest wait that is told. Higher: fewer messages."""
_LOCK_S = 10.0
"""Seconds to wait for another process that writes the file. Higher: a stuck one holds calls up."""

T = TypeVar("T")

_ALONE = "Rate limits now hold within this process only: %s cannot be used (%s)."
_TABLE = "CREATE TABLE IF NOT EXISTS calls (place TEXT, began REAL, tokens INTEGER)"
_DELETE_OLD = "DELETE FROM calls WHERE began <= ? OR began > ?"


class Pace:
    """Lets calls begin as the limits allow. Safe to use from several threads and processes.

    Parameters
    ----------
    model
        The model's name, for messages.
    place
        The server and the model: what the limits are for.
    requests, tokens
        Most calls and tokens in a minute; `None`: any number.
    file
        The file of the calls; `None`: kept in this process only.
    on_wait
        Gets a sentence about a wait, at most one a minute.
    now
        Seconds of a clock that all processes of this machine share and nobody sets.
    """

    def __init__(
        self,
        model: str,
        place: str,
        requests: int | None,
        tokens: int | None,
        file: Path | None,
        on_wait: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._place = place
        self._requests = requests
        self._tokens = tokens
        self._file = file
        self._on_wait = on_wait
        self._now = now
        self._lock = threading.Lock()
        self._said_at: float | None = None
        self._in_memory: sqlite3.Connection | None = None

    def begin(self, most_tokens: int, stopped: threading.Event) -> tuple[int | None, float]:
        """Wait until a call with at most these tokens may begin, and count it.

        Returns the call's number, for `ended`, and the seconds that it waited. If `stopped` is set
        meanwhile, it returns at once; the number is then `None`, and the call is not counted.
        """
        began = self._now()
        while True:
            number, limit, wait_s = self._kept(lambda calls: self._reserved(calls, most_tokens))
            if number:
                return number, self._now() - began
            self._say(limit, wait_s)
            if stopped.wait(min(wait_s, _LOOK_AGAIN_S)):
                return None, self._now() - began

    def ended(self, number: int, tokens: int) -> None:
        """The tokens that a call had, in place of the most that it could have."""
        update = "UPDATE calls SET tokens = ? WHERE rowid = ?"
        self._kept(lambda calls: calls.execute(update, (tokens, number)))

    def _say(self, limit: str, wait_s: float) -> None:
        with self._lock:
            now = self._now()
            if wait_s < _SHOWN_S or (self._said_at is not None and now < self._said_at + 60):
                return
            self._said_at = now
        value = self._requests if limit == "requests_per_minute" else self._tokens
        self._on_wait(f"{self._model} waits {wait_s:.0f} s for its rate limit ({limit}: {value}).")

    def _reserved(self, calls: sqlite3.Connection, tokens: int) -> tuple[int, str, float]:
        """The number of the call that may begin now; else 0, the limit, and the seconds to wait."""
        now = self._now()
        # A clock that begins again after a restart makes older calls later than now.
        calls.execute(_DELETE_OLD, (now - WINDOW_S, now))
        query = "SELECT began, tokens FROM calls WHERE place = ? ORDER BY began"
        recent = calls.execute(query, (self._place,)).fetchall()
        limit, last = self._last_in_the_way(recent, tokens)
        if last is not None:
            return 0, limit, last + WINDOW_S - now
        added = calls.execute("INSERT INTO calls VALUES (?, ?, ?)", (self._place, now, tokens))
        return added.lastrowid or 0, "", 0.0

    def _last_in_the_way(
        self, recent: list[tuple[float, int]], tokens: int
    ) -> tuple[str, float | None]:
        """Which limit holds a call up, and when the last call began that must first be a minute
        old; `None`: the call may begin."""
        limit, last = "", None
        if self._requests is not None and len(recent) >= self._requests:
            limit, last = "requests_per_minute", recent[len(recent) - self._requests][0]
        if self._tokens is not None:
            used = sum(spent for _, spent in recent)
            for began, spent in recent:
                if used + tokens <= self._tokens:
                    break
                used -= spent
                if last is None or began > last:
                    limit, last = "tokens_per_minute", began
        return limit, last

    def _kept(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work on the calls, locked against other threads and processes."""
        with self._lock:
            if self._file is not None:
                try:
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    # Opened for each call: a connection does not survive a fork.
                    with contextlib.closing(_connected(str(self._file))) as calls:
                        return _in_transaction(calls, work)
                except (OSError, sqlite3.Error) as error:
                    logging.getLogger("tinyarms").warning(_ALONE, self._file, error)
                    self._file = None
            if self._in_memory is None:
                self._in_memory = _connected(":memory:")
            return _in_transaction(self._in_memory, work)


def _in_transaction(calls: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    calls.execute("BEGIN IMMEDIATE")
    with calls:
        return work(calls)


def _connected(database: str) -> sqlite3.Connection:
    calls = sqlite3.connect(
        database, timeout=_LOCK_S, isolation_level=None, check_same_thread=False
    )
    try:
        calls.execute("PRAGMA synchronous = OFF")
        calls.execute(_TABLE)
    except sqlite3.Error:
        calls.close()
        raise
    return calls


def pace_file(environ: Mapping[str, str]) -> Path:
    """The file for this user: in the folder `TINYARMS_CACHE`, or the user's cache folder."""
    folder = environ.get("TINYARMS_CACHE")
    return (Path(folder) if folder else user_folder("cache", "tinyarms")) / "calls.db"
