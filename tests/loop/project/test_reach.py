"""Whether the database answers, for what a user waits for."""

from __future__ import annotations

import threading

import pytest

from tinyarms.core.errors import StoreError
from tinyarms.loop.project.reach import Reach


def test_a_thread_that_is_done_makes_the_next_call() -> None:
    reach = Reach("read")
    assert len({reach.ask(threading.get_ident, 30) for _ in range(20)}) == 1


def test_a_call_that_cannot_be_late_needs_no_other_thread() -> None:
    assert Reach("read").ask(threading.get_ident, 30, here=True) == threading.get_ident()


def test_a_call_that_hangs_keeps_no_other_one_waiting() -> None:
    reach, goes_on = Reach("read"), threading.Event()
    with pytest.raises(StoreError, match="does not answer"):
        reach.ask(goes_on.wait, 0.01)
    with pytest.raises(StoreError, match="does not answer"):
        reach.ask(lambda: 1, 30)  # At once: nobody waits until the database has answered.
    reach.succeed()
    assert reach.ask(lambda: 1, 30) == 1
    goes_on.set()


def test_the_error_of_a_call_reaches_who_asked() -> None:
    def refuse() -> None:
        raise ValueError("no")

    reach = Reach("read")
    with pytest.raises(ValueError, match="no"):
        reach.ask(refuse, 30)
    assert reach.answers
