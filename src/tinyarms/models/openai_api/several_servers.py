"""One model on several servers: each call goes to the least loaded of them.

A server that does not answer is left out for a while, and its call is made again on another one.
Then one call tries it; if that is answered, it takes part again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tinyarms.core.errors import (
    CallStopped,
    ModelBusy,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
)
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.skills.execution import ModelReply, ModelRequest

LEFT_OUT_S = 30.0
"""Seconds without a call for a server that did not answer. Lower: it takes part again sooner, and
more calls are made in vain while it is down."""
_MAX_TIMEOUTS = 2
"""Servers that may take too long for one call before it fails. Higher: a request that takes too
long everywhere holds up more of them."""
_FIRST_WAIT_S = 0.5
"""Seconds before all servers are tried again; they double each time. Higher: a restart is bridged
with fewer calls."""


@dataclass(eq=False)
class _Server:
    model: OpenAiModel
    active: int = 0
    """Calls in flight."""
    left_out_until: float = 0.0
    """By the clock; in the past: it takes part."""
    has_failed: bool = False
    """Whether it failed the last call; after the pause only one call tries it."""


class SeveralServers:
    """A `LanguageModel` behind several OpenAI-compatible URLs. Safe to use from several threads.

    Parameters
    ----------
    servers
        A client for each URL, in the order of the settings; each tries a call once.
    entry
        The model's key under `models:`, for messages.
    retries
        How often all servers are tried again, after 0.5, 1, 2 … seconds.
    now
        Seconds of a monotonic clock.
    """

    def __init__(
        self,
        servers: Sequence[OpenAiModel],
        *,
        entry: str,
        retries: int = 3,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = [_Server(model) for model in servers]
        self._entry = entry
        self._retries = retries
        self._now = now
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._servers[0].model.name

    @property
    def slots(self) -> int:
        """How many calls all servers together may be given at once."""
        return self._first_there().model.slots * len(self._servers)

    def left_out(self, request: ModelRequest) -> str:
        """What this request would now be sent without, as `ModelReply.left_out` says it."""
        return self._servers[0].model.left_out(request)

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """This request in the words in which it would now be sent, with all tokens of its reply."""
        return self._servers[0].model.as_sent(request)

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        stopped, wait_s = self._stopped, _FIRST_WAIT_S
        for _ in range(self._retries):
            try:
                return self._asked(request, stopped)
            except _NoneAnswered as none:
                if none.is_over:
                    raise self._failure(none) from none.last
            if stopped.wait(wait_s):
                raise CallStopped(f"models.{self._entry}: the call was stopped.")
            wait_s *= 2
        try:
            return self._asked(request, stopped)
        except _NoneAnswered as none:
            raise self._failure(none) from none.last

    def stop_calls(self) -> None:
        """End the calls in flight, in any thread: they raise `CallStopped`."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()
        for server in self._servers:
            server.model.stop_calls()

    def close(self) -> None:
        """End the calls in flight and close the connections."""
        self.stop_calls()
        for server in self._servers:
            server.model.close()

    def _asked(self, request: ModelRequest, stopped: threading.Event) -> ModelReply:
        """The reply of the first server that answers, least loaded first. Raises what is no
        server's failure, and `_NoneAnswered`."""
        tried: list[_Server] = []
        timeouts = 0
        while (server := self._begin(tried)) is not None:
            tried.append(server)
            try:
                reply = server.model.complete(request)
            except (ModelUnavailable, ModelTimeout, ModelBusy) as error:
                timeouts += isinstance(error, ModelTimeout)
                self._failed(server, is_there=isinstance(error, ModelBusy))
                last: ModelError = error
                if stopped.is_set():
                    raise CallStopped(f"models.{self._entry}: the call was stopped.") from error
                if timeouts >= _MAX_TIMEOUTS:
                    raise _NoneAnswered(error, is_over=True) from error
            except BaseException as error:
                # An answer that is no completion, or a stop from this side: the server is there.
                self._end(server, answered=not isinstance(error, CallStopped))
                raise
            else:
                self._end(server, answered=True)
                return reply
        raise _NoneAnswered(last, is_over=False)

    def _begin(self, tried: Collection[_Server]) -> _Server | None:
        """The server for the next try of a call, which counts as active from now on."""
        with self._lock:
            left = [server for server in self._servers if server not in tried]
            there = [server for server in left if self._takes_part(server)]
            chosen: _Server | None
            if there:
                chosen = min(there, key=lambda server: server.active)
            else:  # the call tries those that are left out, the one that failed first before others
                chosen = min(left, key=lambda server: server.left_out_until, default=None)
            if chosen is not None:
                chosen.active += 1
            return chosen

    def _takes_part(self, server: _Server) -> bool:
        if not server.has_failed:
            return True
        return server.left_out_until <= self._now() and not server.active

    def _end(self, server: _Server, answered: bool) -> None:
        with self._lock:
            server.active -= 1
            if answered:
                server.has_failed, server.left_out_until = False, 0.0

    def _failed(self, server: _Server, is_there: bool) -> None:
        """`is_there`: it answers, but is too busy; it takes part in the next call."""
        with self._lock:
            server.active -= 1
            if not is_there:
                server.has_failed = True
                server.left_out_until = self._now() + LEFT_OUT_S

    def _first_there(self) -> _Server:
        there = (server for server in self._servers if not server.has_failed)
        return next(there, self._servers[0])

    def _failure(self, none: _NoneAnswered) -> ModelError:
        last, count = none.last, len(self._servers)
        if none.is_over:
            return last
        return type(last)(
            f"models.{self._entry}: none of its {count} servers answers, the last said: "
            f"{last.message}",
            last.hint,
            concerns=last.concerns,
        )


class _NoneAnswered(Exception):
    def __init__(self, last: ModelError, is_over: bool) -> None:
        super().__init__(last.message)
        self.last = last
        self.is_over = is_over
        """Whether further tries would take too long."""
