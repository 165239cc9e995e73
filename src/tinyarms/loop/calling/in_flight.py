"""Run model calls in parallel and return their results in the order of the calls."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from tinyarms.skills.execution import ModelRequest

T = TypeVar("T")

_STOP_AGAIN_S = 0.1
"""Seconds after which the jobs are stopped again: one may have begun its call meanwhile. Higher:
such a job ends later."""


def _wait_for_them() -> None:
    """Jobs that nobody can end."""


@dataclass(frozen=True)
class _Job(Generic[T]):
    key: str
    request: ModelRequest | None
    """The request; `None` if the job makes no call."""
    scoring: Sequence[ModelRequest]
    """The largest requests that its scorer may make."""
    result: Future[T]


class _Slots:
    """Entered by as many threads at once as there are slots."""

    def __init__(self, n: int) -> None:
        self._free = threading.Semaphore(n)
        self.are_over = False
        """Whether nobody may enter any more."""

    def __enter__(self) -> None:
        self._free.acquire()
        if self.are_over:
            self._free.release()
            raise CancelledError

    def __exit__(self, *_: object) -> None:
        self._free.release()


class InFlight(Generic[T]):
    """Runs jobs at once, each in a thread; with one slot, in the caller's thread.

    Up to `slots` of them are in their `slot` at the same time. There are twice as many, so that no
    slot is idle while a job does something with its reply, or the caller with the oldest result.
    Leaving the block drops the jobs that have not come to their slot and waits for the others;
    Ctrl-C ends those with `stop` first, because they may wait for a server that hangs.
    """

    def __init__(self, slots: int, stop: Callable[[], None] = _wait_for_them) -> None:
        self._stop = stop
        self._jobs: deque[_Job[T]] = deque()
        self._capacity = 2 * slots if slots > 1 else 1
        self._slots = _Slots(slots)
        self.slot: AbstractContextManager[None] = nullcontext() if slots == 1 else self._slots
        """What a job is in while it makes its call. It waits for a free one, and raises
        `CancelledError` if the block was left meanwhile."""
        self._pool = ThreadPoolExecutor(self._capacity, "tinyarms-call") if slots > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is None:
            return
        self._slots.are_over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        if kind is not None and not issubclass(kind, Exception):
            # `wait` would wait for ever for a job that was dropped before it began.
            while running := [job.result for job in self._jobs if not job.result.done()]:
                self._stop()
                wait(running, _STOP_AGAIN_S)
        self._pool.shutdown(wait=True)

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def full(self) -> bool:
        """Whether a result must be taken before the next job is put."""
        return len(self._jobs) >= self._capacity

    @property
    def requests(self) -> Sequence[ModelRequest]:
        """The requests of the jobs that make a call and were not taken yet, oldest first."""
        return [job.request for job in self._jobs if job.request]

    @property
    def scoring(self) -> Sequence[ModelRequest]:
        """The largest requests that the scorers of these jobs may make."""
        return [request for job in self._jobs for request in job.scoring]

    def has(self, key: str) -> bool:
        """Whether a job with this key was put and not taken yet."""
        return any(job.key == key for job in self._jobs)

    def put(
        self,
        key: str,
        request: ModelRequest,
        job: Callable[[], T],
        scoring: Sequence[ModelRequest] = (),
    ) -> None:
        """Begin the job, which makes its call in its `slot`. `scoring`: what its scorer may ask at
        most."""
        if self._pool:
            # What holds in this thread, such as the fence of a lease, holds in the job too.
            result = self._pool.submit(copy_context().run, job)
            self._jobs.append(_Job(key, request, scoring, result))
        else:
            self.put_result(key, request, job(), scoring)

    def put_result(
        self,
        key: str,
        request: ModelRequest | None,
        result: T,
        scoring: Sequence[ModelRequest] = (),
    ) -> None:
        """Put a result that needs no job; it is taken in order like the others."""
        done: Future[T] = Future()
        done.set_result(result)
        self._jobs.append(_Job(key, request, scoring, done))

    def take(self) -> T:
        """Wait for the oldest job and return its result. Raises what the job raised."""
        result = self._jobs[0].result.result()
        self._jobs.popleft()
        return result
