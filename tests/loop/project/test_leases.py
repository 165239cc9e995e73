from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.loop.place import BETTER, OTHER, SKILL, Place
from tests.loop.steps import create
from tinyarms.core.errors import LeaseHeld
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import _started, lease
from tinyarms.store.db import database


def hold(context: Context, holder: str) -> None:
    with context.store.unit_of_work() as work:
        assert work.leases.acquire(SKILL, holder, context.clock(), timedelta(days=1))


def test_one_at_a_time(place: Place) -> None:
    first, second = place.open(), place.open()
    with lease(first, SKILL):
        with pytest.raises(LeaseHeld, match=rf"evolve of feeling is running \(pid {os.getpid()}\)"):
            create(place, second, BETTER)
        with lease(second, OTHER):
            pass
    with lease(second, SKILL):
        pass


def test_the_holder_says_what_it_does(place: Place) -> None:
    first, second = place.open(), place.open()
    with (
        lease(first, SKILL, "import"),
        pytest.raises(LeaseHeld, match=r"Another import of feeling is running"),
        lease(second, SKILL),
    ):
        pass
    hold(first, f"{socket.gethostname()}|{os.getpid()}|{_started(os.getpid())}|abc")
    with pytest.raises(LeaseHeld, match=r"Another evolve of feeling"), lease(second, SKILL):
        pass  # of an earlier version


def test_an_error_gives_the_lease_back(place: Place) -> None:
    context = place.open()
    with pytest.raises(ZeroDivisionError), lease(context, SKILL):
        raise ZeroDivisionError
    with lease(context, SKILL):
        pass


def test_ctrl_c_is_not_hidden_by_a_unit_of_work_that_it_has_cut_off(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE_AT_END_S", 0.01)
    context = place.open()
    cut_off = context.store.unit_of_work()
    with pytest.raises(KeyboardInterrupt), lease(context, SKILL):
        cut_off.__enter__()
        raise KeyboardInterrupt
    cut_off.__exit__(None, None, None)
    with pytest.raises(LeaseHeld), lease(context, SKILL):
        pass  # It was not given back, but once its process is dead, this does not matter.


def test_the_lease_of_a_dead_process_is_taken_over(place: Place) -> None:
    context = place.open()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    hold(context, f"{socket.gethostname()}|{ended.pid}|12345|abc")
    with lease(context, SKILL):
        pass


def test_a_number_that_another_process_has_now_is_not_the_holder(place: Place) -> None:
    context = place.open()
    hold(context, f"{socket.gethostname()}|{os.getpid()}|began long ago|abc")
    with lease(context, SKILL):
        pass


def test_another_machine_keeps_its_lease_until_it_runs_out(place: Place) -> None:
    context = place.open()
    hold(context, "elsewhere|1|12345|abc")
    with pytest.raises(LeaseHeld, match="pid 1 on elsewhere"), lease(context, SKILL):
        pass
    place.moment.pass_(days=1.1)
    with lease(context, SKILL):
        pass
