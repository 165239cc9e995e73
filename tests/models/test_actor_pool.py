"""A pool starts another actor for each that dies, and gives up if none can start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import chain, repeat

import pytest

from tinyarms.core.errors import ModelUnavailable, TinyArmsError
from tinyarms.models.ray.pool import ActorPool

DIED = ModelUnavailable("It died.")


class Starts:
    """Actors are numbers; `ends` says of each start why it fails, `None` if it does not."""

    def __init__(self, ends: Iterator[TinyArmsError | None]) -> None:
        self.ends, self.n = ends, 0

    def __call__(self) -> tuple[int, Future[TinyArmsError | None]]:
        started: Future[TinyArmsError | None] = Future()
        started.set_result(next(self.ends))
        self.n += 1
        return self.n, started


def pool_of(starts: Starts) -> ActorPool:
    pool = ActorPool(starts, lambda actor: None, 2, 1, "models.fleet", lambda sentence: None)
    pool.fill()
    return pool


def wait_for_starts(starts: Starts, n: int) -> None:
    for _ in range(1000):
        if starts.n >= n:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{starts.n} of {n} actors began to start")


def test_failed_starts_do_not_count_once_a_running_actor_dies() -> None:
    starts = Starts(chain([None, DIED, DIED, DIED], repeat(None)))
    pool = pool_of(starts)
    wait_for_starts(starts, 4)
    first = pool.take(threading.Event())
    assert (first, pool.running) == (1, 1)
    pool.lost(first)
    assert pool.take(threading.Event()) > 4
    pool.close()


def test_where_no_actor_starts_any_more_a_call_fails() -> None:
    starts = Starts(chain([None], repeat(DIED)))
    pool = pool_of(starts)
    first = pool.take(threading.Event())
    wait_for_starts(starts, 4)
    pool.lost(first)
    with pytest.raises(ModelUnavailable, match=r"models\.fleet: no actor starts\. It died\."):
        pool.take(threading.Event())
    wait_for_starts(starts, 7)
    pool.close()
