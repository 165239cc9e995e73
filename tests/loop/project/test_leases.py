from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.loop.place import BETTER, OTHER, SKILL, Place
from tests.loop.steps import create
from tinyarms.core.errors import LeaseHeld, LeaseLost, NewerSchema
from tinyarms.loop.calling.in_flight import InFlight
from tinyarms.loop.project import heartbeat, leases
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import (
    LEASE,
    _machine,
    _started,
    daemon_lease,
    daemons,
    end_evolve,
    lease,
    working,
)
from tinyarms.skills.execution import ModelRequest
from tinyarms.store.db import database
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import WatchRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def hold(context: Context, holder: str) -> None:
    with context.store.unit_of_work() as work:
        assert work.leases.acquire(SKILL, holder, LEASE)


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


def test_what_processes_do_is_said_in_words(place: Place) -> None:
    context = place.open()
    with (
        lease(context, SKILL, "import"),
        lease(context, OTHER, "change of the splits"),
        daemon_lease(context, beside=False),
        context.store.read() as work,
    ):
        words = {"the monitor", f"an import of {SKILL}", f"a change of the splits of {OTHER}"}
        assert set(working(work)) == words


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
    with pytest.raises(LeaseHeld, match=r"pid 1 on elsewhere.*within 60 s"), lease(context, SKILL):
        pass
    expire(context)
    with lease(context, SKILL):
        pass


def test_a_machine_of_the_same_name_is_another_one(place: Place) -> None:
    """Two containers may be called alike, and have processes of the same number."""
    context = place.open()
    hold(context, f"{socket.gethostname()}|{os.getpid()}|0|abc|evolve|{_machine()}-2")
    with pytest.raises(LeaseHeld, match="on "), lease(context, SKILL):
        pass
    hold_again = f"{socket.gethostname()}|{os.getpid()}|0|abc|evolve|{_machine()}"
    expire(context)
    hold(context, hold_again)
    with lease(context, SKILL):
        pass


def test_what_stood_still_cannot_write_once_another_has_taken_over(place: Place) -> None:
    context, other = place.open(), place.open()
    with pytest.raises(LeaseLost, match=r"feeling: Pid .* has taken over"), lease(context, SKILL):
        write(context, "before")
        expire(context)
        write(context, "expired, but nobody has taken it")
        with lease(other, SKILL), context.store.unfenced():
            write(context, "about something else")
        with lease(other, SKILL):
            write(context, "too late")
    kept = ["about something else", "before", "expired, but nobody has taken it"]
    assert written(context) == kept
    with lease(context, SKILL):
        write(context, "a new lease")


def test_it_cannot_write_when_the_other_has_ended_either(place: Place) -> None:
    context, other = place.open(), place.open()
    with pytest.raises(LeaseLost, match=r"Another process has taken over"), lease(context, SKILL):
        expire(context)
        with lease(other, SKILL):
            pass
        write(context, "too late")
    assert written(context) == []


@pytest.mark.parametrize("stands_still", [False, True])
def test_an_evolve_that_is_ended_cannot_write(place: Place, stands_still: bool) -> None:
    context, other = place.open(), place.open()
    with pytest.raises(LeaseLost, match="a user was forgotten"), lease(context, SKILL):
        if stands_still:
            expire(context)
        with other.store.unit_of_work() as work:
            end_evolve(work, SKILL)
        write(context, "too late")
    assert written(context) == []


def test_a_skill_whose_evolve_was_ended_can_be_evolved_at_once(place: Place) -> None:
    context, other = place.open(), place.open()
    with lease(context, SKILL):
        with other.store.unit_of_work() as work:
            end_evolve(work, SKILL)
        with lease(other, SKILL):
            write(other, "before")
    assert written(context) == ["before"]


def test_what_is_no_evolve_is_not_ended(place: Place) -> None:
    context, other = place.open(), place.open()
    with lease(context, SKILL, "refresh"):
        with other.store.unit_of_work() as work:
            end_evolve(work, SKILL)
        write(context, "before")
    assert written(context) == ["before"]


def test_calls_in_other_threads_cannot_write_either(place: Place) -> None:
    context, other = place.open(), place.open()
    with pytest.raises(LeaseLost), lease(context, SKILL), InFlight[None](2) as flight:
        expire(context)
        with lease(other, SKILL):
            pass
        flight.put("a call", ModelRequest(completion="Hello"), lambda: write(context, "too late"))
        flight.take()
    assert written(context) == []


def test_a_program_that_is_older_than_the_database_cannot_write(place: Place) -> None:
    """Another machine has a newer tinyArms, which has upgraded the shared database."""
    context = place.open()
    with pytest.raises(NewerSchema, match="9999 is newer than"), lease(context, SKILL):
        write(context, "before")
        upgrade(context.store)
        write(context, "too late")
    assert written(context) == ["before"]
    with context.store.read() as work:
        assert work.leases.held() == {}  # the lease was given back


def test_a_lease_is_renewed_while_it_is_held(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.01)
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=-1))
    context = place.open()
    with lease(context, SKILL), daemon_lease(context, beside=True):
        assert daemons(context) == ()
        monkeypatch.setattr(leases, "LEASE", LEASE)
        deadline = time.monotonic() + 60
        while not daemons(context) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert daemons(context) == (f"pid {os.getpid()}",)
        with pytest.raises(LeaseHeld), lease(place.open(), SKILL):
            pass
    assert daemons(context) == ()


def test_an_odd_error_does_not_end_the_renewals(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.01)
    renewed = threading.Event()
    failures = iter([ValueError("odd"), TypeError("odder")])

    def renew(work: UnitOfWork) -> None:
        for failure in failures:
            raise failure
        renewed.set()

    with heartbeat.Heartbeat().renewing(place.open().store, renew):
        assert renewed.wait(60)
    assert "ValueError: odd" in caplog.text


def test_daemons_beside_each_other(place: Place) -> None:
    first, second = place.open(), place.open()
    with daemon_lease(first, beside=False):
        with (
            pytest.raises(LeaseHeld, match=r"Another daemon is running.*monitor --share"),
            daemon_lease(second, beside=False),
        ):
            pass
        with daemon_lease(second, beside=True):
            assert len(daemons_rows(first)) == 2
    assert daemons_rows(first) == []


def test_what_dead_daemons_leave_is_cleared_away(place: Place) -> None:
    context = place.open()
    with context.store.unit_of_work() as work:
        work.leases.acquire("**old", "elsewhere|1|12345|abc", timedelta(seconds=-1))
        work.leases.acquire("**far", "elsewhere|1|12345|abc", LEASE)
    with pytest.raises(LeaseHeld, match="pid 1 on elsewhere"), daemon_lease(context, beside=False):
        pass
    with daemon_lease(context, beside=True):
        assert set(daemons(context)) == {f"pid {os.getpid()}", "pid 1 on elsewhere"}
        assert "**old" not in daemons_rows(context)


def upgrade(store: Store) -> None:
    """To the schema of a version that there is not yet."""
    with store.write_now() as work:
        work._connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def expire(context: Context) -> None:
    """Its machine stands still for longer than the lease."""
    with context.store.write_now() as work:
        for name, holder in work.leases.held().items():
            work.leases.renew(name, holder, timedelta(seconds=-1))


def write(context: Context, name: str) -> None:
    with context.store.unit_of_work() as work:
        work.watches.put(WatchRecord(skill=name, since=context.clock(), looked_at=context.clock()))


def written(context: Context) -> list[str]:
    names = ("before", "expired, but nobody has taken it", "about something else", "too late")
    with context.store.read() as work:
        return sorted(name for name in names if work.watches.get(name) is not None)


def daemons_rows(context: Context) -> list[str]:
    with context.store.read() as work:
        return work.leases.names("**")
