"""Model calls that run at once, and come back in the order in which they were asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from tinyarms.skills.execution import ModelRequest

T = TypeVar("T")


@dataclass(frozen=True)
class _Job(Generic[T]):
    key: str
    request: ModelRequest | None
    """`None` where it costs nothing."""
    result: Future[T]


class InFlight(Generic[T]):
    """Up to `slots` jobs run at once, each in a thread; with one slot, in the caller's own.

    Twice as many are taken on, so that no slot waits while the oldest result is looked at. Leaving
    the block drops the jobs that have not begun and waits for the others.
    """

    def __init__(self, slots: int) -> None:
        self._jobs: deque[_Job[T]] = deque()
        self._room = 2 * slots if slots > 1 else 1
        self._pool = ThreadPoolExecutor(slots, "tinyarms-call") if slots > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def full(self) -> bool:
        """A result has to be taken before the next job is put."""
        return len(self._jobs) >= self._room

    @property
    def requests(self) -> Sequence[ModelRequest]:
        """Of the jobs that cost something and whose results have not been taken, oldest first."""
        return [job.request for job in self._jobs if job.request]

    def has(self, key: str) -> bool:
        """Whether a job with this key is among them."""
        return any(job.key == key for job in self._jobs)

    def put(self, key: str, request: ModelRequest, job: Callable[[], T]) -> None:
        """Begin it as soon as a slot is free."""
        if self._pool:
            self._jobs.append(_Job(key, request, self._pool.submit(job)))
        else:
            self.put_known(key, request, job())

    def put_known(self, key: str, request: ModelRequest | None, result: T) -> None:
        """A result that is there already takes its place in the order."""
        done: Future[T] = Future()
        done.set_result(result)
        self._jobs.append(_Job(key, request, done))

    def take(self) -> T:
        """The oldest job's result; waits for it. Raises what the job raised."""
        return self._jobs.popleft().result.result()
