from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tinyarms.loop.project.turns import SearchEnded, Turns


@dataclass
class Model:
    slots: int


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Calls:
    """Calls in threads that last until they are told to end."""

    def __init__(self, turns: Turns, model: Model) -> None:
        self.turns, self.model = turns, model
        self.begun: list[str] = []
        self._ends: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def make(self, search: str, name: str) -> None:
        self._ends[name] = threading.Event()
        self._threads.append(threading.Thread(target=self._call, args=(search, name)))
        waiting = self.turns._waiting[id(self.model)]
        before = len(waiting) + len(self.begun)
        self._threads[-1].start()
        until(lambda: len(waiting) + len(self.begun) > before)

    def end(self, name: str) -> None:
        self._ends[name].set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)

    def _call(self, search: str, name: str) -> None:
        with self.turns.taken(self.model, search):
            self.begun.append(name)
            self._ends[name].wait(60)


def test_the_search_with_the_fewest_calls_in_flight_is_next() -> None:
    calls = Calls(Turns(), Model(2))
    for number in range(4):
        calls.make("first", f"first {number}")
    calls.make("second", "second 0")
    calls.make("second", "second 1")
    assert calls.begun == ["first 0", "first 1"]
    order = ["first 0", "second 0", "first 1", "second 1", "first 2", "first 3"]
    for ended in ("first 0", "first 1", "second 0"):
        before = len(calls.begun)
        calls.end(ended)
        until(lambda before=before: len(calls.begun) > before)
    assert sorted(calls.begun[:5]) == sorted(
        ["first 0", "first 1", "second 0", "first 2", "second 1"]
    )
    assert calls.begun[2] == "second 0"  # it came last, and has no call in flight
    for name in order:
        calls.end(name)
    calls.join()
    assert len(calls.begun) == 6


def test_models_do_not_wait_for_each_other() -> None:
    turns, one, two = Turns(), Model(1), Model(1)
    with turns.taken(one, "a search"), turns.taken(two, "a search"):
        pass


def test_an_error_gives_the_turn_back() -> None:
    turns, model = Turns(), Model(1)
    with pytest.raises(ZeroDivisionError), turns.taken(model, "a search"):
        raise ZeroDivisionError
    with turns.taken(model, "another"):
        pass


def test_the_end_ends_calls_that_wait_and_later_ones() -> None:
    turns, model = Turns(), Model(1)
    ended: list[str] = []

    def wait() -> None:
        with pytest.raises(SearchEnded), turns.taken(model, "another"):
            pass
        ended.append("another")

    with turns.taken(model, "a search"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        until(lambda: len(turns._waiting[id(model)]) == 1)
        turns.end()
        waiting.join(60)
    with pytest.raises(SearchEnded), turns.taken(model, "a search"):
        pass
    assert ended == ["another"]
