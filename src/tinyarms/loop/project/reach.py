"""Whether the database answers, for what a user waits for.

A user never waits long: a call runs on a thread of its own, and once one was too late or failed,
nobody waits for the database until it has answered again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

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
_MOST_STUCK = 8
"""Calls that may hang at a time. With that many, nothing is tried until one of them ends."""


@dataclass
class _Call(Generic[_Result]):
    """A call on a thread of its own."""

    job: Callable[[], _Result]
    over: threading.Event = field(default_factory=threading.Event)
    result: list[_Result] = field(default_factory=list)
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self.job())
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()


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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, job: Callable[[], _Result], seconds: float) -> _Result:
        """The result of the job, for which at most `seconds` are waited.

        Raises `StoreError` if it takes longer, and at once while the database does not answer; the
        errors of the job are raised as they are. A job that is too late goes on.
        """
        if not self.answers:
            raise self._no_answer()
        call = _Call(job)
        _start(call.run)
        if not call.over.wait(seconds):
            self.fail(StoreError("The database does not answer.", "tinyarms doctor looks why."))
            self._count_stuck(call)
            raise self._no_answer()
        if call.error is not None:
            if isinstance(call.error, StoreError) and is_outage(call.error):
                self.fail(call.error)
            raise call.error
        return call.result[0]

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
