"""Sessions of browsers: a code that works once becomes a cookie."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tinyarms.web.security.caller import Caller

COOKIE = "tinyarms_session"
CODE_S = 600.0
"""Seconds for which a code can be used. Higher: a link that somebody else reads works longer."""
SESSION_S = 12 * 3600.0
"""Seconds after which a session ends. Higher: people open the link less often."""
MOST = 1000
"""Most open sessions and codes; the oldest end first."""


@dataclass
class Sessions:
    """The codes and sessions of one running service, which end with it. Threads may share it."""

    clock_s: Callable[[], float] = time.monotonic
    _codes: dict[str, tuple[float, Caller]] = field(default_factory=dict)
    _open: dict[str, tuple[float, Caller]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_code(self, caller: Caller) -> str:
        """A code that opens one session of this caller."""
        return self._keep(self._codes, caller, CODE_S)

    def redeem(self, code: str) -> str | None:
        """The id of a new session, for its cookie; `None` if the code was used or is too old."""
        caller = self._take(self._codes, code)
        return None if caller is None else self.open(caller)

    def open(self, caller: Caller) -> str:
        """The id of a new session of this caller."""
        return self._keep(self._open, caller, SESSION_S)

    def caller(self, id: str) -> Caller | None:
        """Whose session it is; `None` if it has ended."""
        with self._lock:
            ends, caller = self._open.get(_digest(id), (0.0, None))
        return caller if self.clock_s() < ends else None

    def close(self, id: str) -> None:
        """End a session."""
        self._take(self._open, id)

    def _keep(self, where: dict[str, tuple[float, Caller]], caller: Caller, seconds: float) -> str:
        id = secrets.token_urlsafe(32)
        with self._lock:
            where[_digest(id)] = (self.clock_s() + seconds, caller)
            while len(where) > MOST:
                del where[next(iter(where))]
        return id

    def _take(self, where: dict[str, tuple[float, Caller]], id: str) -> Caller | None:
        with self._lock:
            ends, caller = where.pop(_digest(id), (0.0, None))
        return caller if self.clock_s() < ends else None


def _digest(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
