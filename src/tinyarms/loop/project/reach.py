"""Whether the database answers, for what a user waits for.

A user never waits long: a call runs on another thread, and once one was too late or failed, nobody
waits for the database until it has answered again. A thread that is done takes the next call, since
a new one would have to be waited for, too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, Literal, TypeVar

from tinyarms.core.errors import StoreError
from tinyarms.store.db.outage import is_outage

_Result = TypeVar("_Result")
Direction = Literal["read", "write"]

RETRY_AFTER_S = 1.0
"""Seconds between two attempts to reach a database that does not answer. Higher: less work in an
outage, and its end is noticed later."""
_LONGEST_ATTEMPT_S = 30.0
"""Seconds after which an attempt that hangs does not keep the next one from beginning. Higher:
fewer threads in an outage, and a connection that never answers delays its end longer."""
_IDLE_S = 10.0
"""Seconds after which a thread without a call ends. Higher: fewer threads are started, and more
wait for nothing."""
_MOST_STUCK = 8
"""Calls that may hang at a time. With that many, nothing is tried until one of them ends."""


@dataclass
class _Call(Generic[_Result]):
    """A call on another thread, which sets `over` at its end."""

    job: Callable[[], _Result]
    over: threading.Event = field(default_factory=threading.Event)
    result: list[_Result] = field(default_factory=list)
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self.job())
        except BaseException as error:
            self.error = error


class _Thread(threading.Thread):
    """Makes one call after another, until it had none for `_IDLE_S`."""

    def __init__(self, idle: list[_Thread]) -> None:
        super().__init__(name="tinyarms-database", daemon=True)
        self.calls = SimpleQueue[_Call[Any]]()
        self._idle = idle

    def run(self) -> None:
        while True:
            try:
                call = self.calls.get(timeout=_IDLE_S)
            except Empty:
                try:
                    self._idle.remove(self)
                except ValueError:  # It was taken for a call just now.
                    continue
                return
            call.run()
            self._idle.append(self)  # Before anybody hears of it: who asks again finds this thread.
            call.over.set()
            del call  # and its result


@dataclass
class Reach:
    """Whether the database answers in one direction. Threads may share it."""

    direction: Direction
    answers: bool = True
    """False from a call that failed or was too late, until another one succeeds."""
    error: StoreError | None = None
    """Why the last call failed."""
    _stuck: int = 0
    """Calls that nobody waits for any more."""
    _tried_at: float = 0.0
    _attempts: int = 0
    """Attempts that run."""
    _idle: list[_Thread] = field(default_factory=list)
    """Threads that wait for a call."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, job: Callable[[], _Result], seconds: float, here: bool = False) -> _Result:
        """The result of the job, for which at most `seconds` are waited.

        Raises `StoreError` if it takes longer, and at once while the database does not answer; the
        errors of the job are raised as they are. A job that is too late goes on. `here`: it cannot
        be late, so it runs on the caller's thread, which then waits for no other one.
        """
        if not self.answers:
            raise self._no_answer()
        call = _Call(job)
        if here:
            call.run()
        else:
            self._give(call)
        if not here and not call.over.wait(seconds):
            self.fail(StoreError("The database does not answer.", "tinyarms doctor looks why."))
            self._count_stuck(call)
            raise self._no_answer()
        if call.error is not None:
            if isinstance(call.error, StoreError) and is_outage(call.error):
                self.fail(call.error)
            raise call.error
        return call.result[0]

    def _give(self, call: _Call[_Result]) -> None:
        """Let a thread make the call that has nothing else to do."""
        while self._idle:
            try:
                thread = self._idle.pop()
            except IndexError:  # Another thread was faster.
                break
            if thread.is_alive():  # A process that was forked has none of them.
                thread.calls.put(call)
                return
        thread = _Thread(self._idle)
        thread.calls.put(call)
        thread.start()

    def attempt(self, job: Callable[[], object]) -> None:
        """Run the job in the background if the last attempt is long enough ago. If it succeeds, the
        database answers again."""
        with self._lock:
            now = time.monotonic()
            wait_s = _LONGEST_ATTEMPT_S if self._attempts else RETRY_AFTER_S
            if now - self._tried_at < wait_s or self._stuck + self._attempts >= _MOST_STUCK:
                return
            self._attempts, self._tried_at = self._attempts + 1, now

        def trying() -> None:
            try:
                job()
            except StoreError as error:
                self.fail(error)
            except Exception as error:
                self.succeed()  # It was reached: what is wrong is the caller's to find.
                logging.getLogger("tinyarms").debug("An attempt failed: %r", error)
            else:
                self.succeed()
            finally:
                with self._lock:
                    self._attempts -= 1

        _start(trying)

    def succeed(self) -> None:
        """Note that the database answers."""
        self.answers, self.error = True, None

    def fail(self, error: StoreError) -> None:
        """Note that it does not."""
        self.error, self.answers = error, False
        self._tried_at = time.monotonic()

    def _no_answer(self) -> StoreError:
        error = self.error or StoreError("The database does not answer.")
        return StoreError(error.message, error.hint)

    def _count_stuck(self, call: _Call[_Result]) -> None:
        """Count the call until it ends."""
        with self._lock:
            self._stuck += 1

        def wait() -> None:
            call.over.wait()
            with self._lock:
                self._stuck -= 1

        _start(wait)


def _start(target: Callable[[], None]) -> None:
    threading.Thread(target=target, name="tinyarms-database", daemon=True).start()
