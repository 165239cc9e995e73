"""How many calls a server takes at once: set by hand, told by the server, or learned from refusals.

llama.cpp says it itself (`total_slots`). Other servers refuse a call beside too many others, with
status 429 or 503 and a text that names calls at the same time. One that names a rate does not
count, because fewer calls at once do not help. From then on as many calls are made at once as the
server still answers.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable

from tinyarms.models.openai_api.server_limits import ServerLimits
from tinyarms.models.openai_api.transport import Response

_STATUSES = (429, 503)
_NAMES_CALLS_AT_ONCE = re.compile(
    r"concurren|parallel|simultaneous|in[- ]flight|at (?:once|the same time)"
    r"|\bno (?:free |idle |available )?slots?\b|\bslots? (?:is |are )?(?:un|not )available",
    re.IGNORECASE,
)
_MOST = 64
"""Most calls that are made at once because a server says that it takes them. Higher: more threads;
`slots` allows more."""
_LOOK_EVERY_S = 0.05
"""Seconds between two looks whether a waiting call was stopped."""


class CallsAtOnce:
    """Holds calls back that a server would refuse beside the others. Safe to use from threads.

    `configured`: `slots` of the model; `None`: as many as the server says, else one.
    """

    def __init__(
        self, limits: ServerLimits, configured: int | None, read: Callable[[], int | None]
    ) -> None:
        self._limits = limits
        self._configured = configured
        self._read = read
        self._changed = threading.Condition()
        self._active: set[int] = set()
        self._refused: set[int] = set()
        """Those of the active calls that wait for another try."""

    def number(self) -> int:
        """How many calls to make at once. Asks the server once a day, if it may tell."""
        if self._configured == 1:
            return 1
        return self._within(self._limits.calls_at_once(self._read))

    def known_number(self) -> int:
        """The same, by what is known without asking."""
        return self._within(self._limits.known_calls_at_once())

    def begin(self, call: int, stopped: threading.Event) -> float | None:
        """Wait until the call may be made; the seconds that this took. `None`: it was stopped."""
        began = time.monotonic()
        with self._changed:
            while len(self._active) >= (self._limits.known_calls_at_once() or sys.maxsize):
                if stopped.is_set():
                    return None
                self._changed.wait(_LOOK_EVERY_S)
            self._active.add(call)
        return time.monotonic() - began

    def refused(self, call: int, response: Response) -> None:
        """The server has refused the call. Learns how many it takes if that is the reason."""
        text = response.content.decode("utf-8", "replace")
        if response.status not in _STATUSES or not _NAMES_CALLS_AT_ONCE.search(text):
            return
        with self._changed:
            self._refused.add(call)
            if len(self._active) > 1:
                self._limits.learn_calls_at_once(max(1, len(self._active) - len(self._refused)))

    def again(self, call: int) -> None:
        """A refused call is tried again."""
        with self._changed:
            self._refused.discard(call)

    def end(self, call: int) -> None:
        """The call has ended, with a reply or without."""
        with self._changed:
            self._active.discard(call)
            self._refused.discard(call)
            self._changed.notify()

    def _within(self, known: int | None) -> int:
        if known is None:
            return self._configured or 1
        known = min(known, _MOST)
        return known if self._configured is None else min(self._configured, known)
