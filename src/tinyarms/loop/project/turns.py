"""Turns: the searches of one process share the calls of a model fairly."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol


class SearchEnded(KeyboardInterrupt):
    """The process ends, so this search does too; its replies are stored."""


class HasSlots(Protocol):
    """A model, as far as turns know it."""

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        ...


class Turns:
    """Lets as many calls of a model be made at once as it has slots. Safe to use from threads.

    Of the calls that wait, one of the search with the fewest calls in flight is next, and of those
    the one that has waited longest. So no search waits for all the calls of another one, and no
    slot is idle while a call waits. A search that is alone never waits.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from tinyarms.loop.project.turns import Turns
    >>> turns, model = Turns(), SimpleNamespace(slots=1)
    >>> with turns.taken(model, "the session's id"):
    ...     pass  # the call
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._active: defaultdict[int, Counter[str]] = defaultdict(Counter)
        """Model (its `id`) → search → its calls in flight."""
        self._waiting: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        """Model → the number and the search of each call that waits."""
        self.have_ended = False
        """Whether no call is made any more."""

    @contextmanager
    def taken(self, model: HasSlots, search: str) -> Iterator[None]:
        """Within the block, a call of the search is made. Raises `SearchEnded`."""
        active, waiting, slots = self._active[id(model)], self._waiting[id(model)], model.slots
        own = next(self._numbers), search
        with self._changed:
            waiting.append(own)
            try:
                while active.total() >= slots or own != _next(waiting, active):
                    self._check_goes_on()
                    self._changed.wait()
                self._check_goes_on()
            finally:
                waiting.remove(own)
                self._changed.notify_all()
            active[search] += 1
        try:
            yield
        finally:
            with self._changed:
                active[search] -= 1
                self._changed.notify_all()

    def end(self) -> None:
        """Every later call, and every one that waits, raises `SearchEnded`."""
        with self._changed:
            self.have_ended = True
            self._changed.notify_all()

    def _check_goes_on(self) -> None:
        if self.have_ended:
            raise SearchEnded


def _next(waiting: list[tuple[int, str]], active: Counter[str]) -> tuple[int, str]:
    return min(waiting, key=lambda each: (active[each[1]], each[0]))
