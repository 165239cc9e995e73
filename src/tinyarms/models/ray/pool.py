"""The actors of a fleet: which are free, and a new one for each that died."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from tinyarms.core.errors import CallStopped, ModelUnavailable, TinyArmsError

_MAX_FAILED_STARTS = 3
"""Actors in a row that do not start after which no more are started. Higher: a fault that passes
is survived, and one that stays is reported later."""
_LOOK_EVERY_S = 0.1
"""Seconds between two looks whether a waiting call was stopped."""
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_OWN_ERROR = re.compile(r"[\w.]+(Error|Exception): ")
_TELL_AFTER_S = 15.0
"""Seconds of waiting for a first actor after which it is said once."""


class ActorPool:
    """Lends actors to calls, the one that has been free longest first.

    Parameters
    ----------
    start
        Starts an actor; returns its handle, and a future of what its `start` returns.
    actors
        Number of actors.
    each
        Calls that each takes at once.
    who
        The model, for messages.
    on_wait
        Gets a sentence when calls wait for the first actor.
    """

    def __init__(
        self,
        start: Callable[[], tuple[Any, Future[TinyArmsError | None]]],
        kill: Callable[[Any], None],
        actors: int,
        each: int,
        who: str,
        on_wait: Callable[[str], None],
    ) -> None:
        self._start = start
        self._kill = kill
        self._wanted = actors
        self._each = each
        self._who = who
        self._on_wait = on_wait
        self._changed = threading.Condition()
        self._free: deque[Any] = deque()
        """An actor once for each call that it could take."""
        self._running: list[Any] = []
        self._starting: list[Any] = []
        self._failed_starts = 0
        self._last_error: TinyArmsError | None = None
        self._is_closed = False
        self._has_told = False

    @property
    def running(self) -> int:
        """Number of actors that take calls."""
        with self._changed:
            return len(self._running)

    @property
    def actors(self) -> list[Any]:
        """The actors that take calls."""
        with self._changed:
            return list(self._running)

    def fill(self) -> None:
        """Start as many actors as are missing. They take calls once they are up."""
        while True:
            with self._changed:
                missing = self._wanted - len(self._running) - len(self._starting)
                if self._is_closed or missing <= 0 or self._failed_starts >= _MAX_FAILED_STARTS:
                    self._changed.notify_all()
                    return
                try:
                    actor, started = self._start()
                except Exception as error:  # the connection is gone
                    self._failed_starts = _MAX_FAILED_STARTS
                    self._last_error = ModelUnavailable(f"{self._who}: no actor starts ({error}).")
                    self._changed.notify_all()
                    return
                self._starting.append(actor)
            started.add_done_callback(partial(self._has_started, actor))

    def take(self, stopped: threading.Event) -> Any:
        """A free actor. Raises `CallStopped`, and `ModelUnavailable` if none can start."""
        began = time.monotonic()
        with self._changed:
            while not self._free:
                if stopped.is_set():
                    raise CallStopped(f"{self._who}: the call was stopped.")
                if self._is_closed:
                    raise ModelUnavailable(f"{self._who}: the model has been closed.")
                if not self._running and self._failed_starts >= _MAX_FAILED_STARTS:
                    raise self._no_actor()
                self._changed.wait(_LOOK_EVERY_S)
                if time.monotonic() - began > _TELL_AFTER_S and not self._running:
                    self._tell()
            return self._free.popleft()

    def give_back(self, actor: Any) -> None:
        """A call has ended; the actor may take another."""
        with self._changed:
            if actor in self._running:
                self._free.append(actor)
                self._changed.notify()

    def lost(self, actor: Any) -> None:
        """The actor died or cannot be reached: another one starts in its place."""
        with self._changed:
            if actor not in self._running:
                return  # another of its calls has said so
            self._running.remove(actor)
            # It had started, so another one may: starts that failed meanwhile do not count.
            self._failed_starts = 0
            self._free = deque(free for free in self._free if free is not actor)
        self._replace(actor)

    def close(self) -> None:
        """End all actors."""
        with self._changed:
            self._is_closed = True
            actors = [*self._running, *self._starting]
            self._running, self._starting = [], []
            self._free.clear()
            self._changed.notify_all()
        for actor in actors:
            with contextlib.suppress(Exception):
                self._kill(actor)

    def _has_started(self, actor: Any, done: Future[TinyArmsError | None]) -> None:
        try:
            error = done.result()
        except BaseException as died:
            error = ModelUnavailable(
                f"{self._who}: an actor died while it started ({why_it_died(died)}).",
                "Is the same tinyarms installed on all machines of the cluster?",
            )
        with self._changed:
            if actor in self._starting:
                self._starting.remove(actor)
            if self._is_closed:
                return
            if error is None:
                self._failed_starts = 0
                self._running.append(actor)
                self._free.extend([actor] * self._each)
                self._changed.notify_all()
                return
            self._failed_starts += 1
            self._last_error = error
        # Not in the thread of Ray that brings the results: it would wait for itself.
        threading.Thread(
            target=self._replace, args=(actor,), name="tinyarms-fleet", daemon=True
        ).start()

    def _replace(self, actor: Any) -> None:
        with contextlib.suppress(Exception):
            self._kill(actor)
        self.fill()

    def _tell(self) -> None:
        if not self._has_told:
            self._has_told = True
            self._on_wait(
                f"{self._who} waits for its first actor. If the cluster has no room for one, lower "
                "`num_cpus` or `num_gpus`, or add a machine."
            )

    def _no_actor(self) -> ModelUnavailable:
        error = self._last_error
        assert error is not None
        return ModelUnavailable(f"{self._who}: no actor starts. {error.message}", error.hint)


def why_it_died(error: BaseException) -> str:
    """One line of Ray's many: the error of the actor's own code at the end, else the first one."""
    lines = _COLOUR.sub("", str(error)).strip().splitlines() or [type(error).__name__]
    return (lines[-1] if _OWN_ERROR.match(lines[-1]) else lines[0]).strip().rstrip(".")
