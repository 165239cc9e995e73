from __future__ import annotations

import logging
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.store.rows import SKILL, task
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.group_commit import GroupCommit
from tinyarms.store.db.unit_of_work import UnitOfWork

THREADS, EACH = 8, 50


def add(store: Store, id: str) -> None:
    store.write_soon(lambda work: work.tasks.add(task(id)))


@pytest.mark.slow
def test_what_was_added_is_there_for_the_same_process(store: Store) -> None:
    add(store, "t1")
    with store.read() as uow:
        assert uow.tasks.get("t1") is not None
    add(store, "t2")
    with store.unit_of_work() as uow:
        assert uow.tasks.get("t2") is not None


@pytest.mark.slow
def test_many_threads_lose_nothing(store: Store) -> None:
    def record(number: int) -> None:
        for place in range(EACH):
            add(store, f"{number}-{place}")

    threads = [threading.Thread(target=record, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as uow:
        assert uow.tasks.count(SKILL) == THREADS * EACH


def test_jobs_are_written_in_their_order(store: Store) -> None:
    done: list[int] = []
    for number in range(100):
        store.write_soon(lambda _work, number=number: done.append(number))  # type: ignore[misc]
    with store.read():
        assert done == list(range(100))


@pytest.mark.slow
def test_closing_writes_what_waits_and_the_store_can_go_on(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    store = open_store(path)
    for number in range(50):
        add(store, f"t{number}")
    store.close()
    with open_store(path).read() as uow:
        assert uow.tasks.count(SKILL) == 50
    add(store, "later")
    store.close()
    with open_store(path).read() as uow:
        assert uow.tasks.count(SKILL) == 51


def test_a_job_that_fails_takes_no_other_with_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(work: UnitOfWork) -> None:
        work.tasks.add(task("half"))
        raise ValueError("no such luck")

    hold = threading.Event()
    store.write_soon(lambda _work: hold.wait(30))  # type: ignore[arg-type, return-value]
    add(store, "before")
    store.write_soon(fail)
    add(store, "after")
    hold.set()
    with caplog.at_level(logging.WARNING, "tinyarms"), store.read() as uow:
        assert [each.id for each in uow.tasks.recent(SKILL)] == ["before", "after"]
        assert uow.tasks.get("half") is None
    assert "could not be stored: ValueError('no such luck')" in caplog.text


def test_what_comes_first_is_done_once_and_outside_of_the_transaction(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def first() -> None:
        with store.unit_of_work() as work:  # A second writer would wait for a transaction in vain.
            work.tasks.add(task("of-first"))
        done.append("first")
        raise ValueError("no such luck")

    with caplog.at_level(logging.WARNING, "tinyarms"):
        store.write_soon(lambda _work: done.append("job"), first)
        with store.read() as uow:
            assert uow.tasks.get("of-first") is not None
    assert done == ["first", "job"]
    assert "Before a task was stored: ValueError('no such luck')" in caplog.text


def test_reading_inside_a_unit_of_work_waits_for_nobody(store: Store) -> None:
    hold = threading.Event()
    with store.unit_of_work() as uow:
        store.write_soon(lambda _work: hold.wait(30))  # type: ignore[arg-type, return-value]
        add(store, "t1")
        with store.read() as other:
            assert other.tasks.get("t1") is None
        hold.set()
        uow.tasks.add(task("t2"))
    with store.read() as uow:
        assert uow.tasks.count(SKILL) == 2


@pytest.mark.slow
def test_a_program_that_ends_without_closing_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    open_store(path).close()
    program = (
        "import sys; from tests.store.db.test_group_commit import add, open_store\n"
        "store = open_store(sys.argv[1])\n"
        "for number in range(200): add(store, f't{number}')\n"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=root, check=True)
    with open_store(path).read() as uow:
        assert uow.tasks.count(SKILL) == 200


def test_a_job_with_a_key_is_known_until_it_is_written_or_kept(store: Store) -> None:
    hold, kept = threading.Event(), list[str]()
    store.keep_late(kept.extend, lambda: None)
    store.write_soon(lambda _work: hold.wait(30), key="first")  # type: ignore[arg-type, return-value]
    store.write_soon(lambda _work: None, line=lambda: "second", key="second")
    assert (store.will_write("first"), store.will_write("second")) == (True, True)
    store.settle(0.0)  # It gives up the second; the first has no line, and is still written.
    assert kept == ["second"]
    assert (store.will_write("first"), store.will_write("second")) == (True, False)
    hold.set()
    store.close()
    assert not store.will_write("first")


def test_a_failure_at_rest_is_logged_and_the_next_job_is_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rested, done = threading.Event(), list[int]()

    def rest() -> None:
        rested.set()
        raise OSError("no disk")

    soon = GroupCommit(lambda: nullcontext(None), rest)  # type: ignore[arg-type]
    soon.add(lambda _: done.append(1))
    assert soon.flush(60.0)
    assert rested.wait(60.0)
    soon.add(lambda _: done.append(2))
    soon.close()
    assert done == [1, 2]
    assert "no disk" in caplog.text
