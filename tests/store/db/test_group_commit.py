from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.store.rows import SKILL, task
from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.group_commit import GroupCommit
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.journal import Journal

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


def lines_in(folder: Path) -> list[str]:
    """The lines of the only journal in the folder, without their checksums."""
    [path] = folder.glob("*.journal")
    # What was written before is overwritten with zeros.
    return [line.split(" ", 1)[1] for line in path.read_text().replace("\0", "").splitlines()]


def test_what_is_settled_is_in_the_journal_until_it_is_written(
    sqlite_store: Store, tmp_path: Path
) -> None:
    hold, kept = threading.Event(), list[str]()
    sqlite_store.keep_late(kept.extend, lambda: None, Journal(tmp_path))
    sqlite_store.write_soon(lambda _work: hold.wait(30), line=lambda: "first")  # type: ignore[arg-type, return-value]
    sqlite_store.settle(60)
    sqlite_store.write_soon(lambda _work: None, line=lambda: "second")
    sqlite_store.settle(60)
    # It was not written and not waited for; or it has been kept, because it takes so long.
    assert (lines_in(tmp_path) or kept) == ["first", "second"]
    hold.set()
    with sqlite_store.read():
        assert lines_in(tmp_path) == []
    sqlite_store.close()
    assert not list(tmp_path.glob("*.journal"))


def test_what_the_journal_cannot_keep_is_waited_for(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sqlite_store.keep_late(lambda lines: None, lambda: None, Journal(tmp_path / "file"))
    done = list[str]()
    for line in ("first", "second"):
        sqlite_store.write_soon(lambda _work: done.append("it"), line=lambda line=line: line)  # type: ignore[misc]
    sqlite_store.settle(60)
    assert done == ["it", "it"]


def test_what_has_no_line_is_waited_for(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.keep_late(lambda lines: None, lambda: None, Journal(tmp_path))
    done = list[str]()
    sqlite_store.write_soon(lambda _work: done.append("it"))
    sqlite_store.settle(60)
    assert done == ["it"]


def test_a_line_that_cannot_be_made_is_waited_for(
    sqlite_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def no_line() -> str:
        raise RuntimeError("no line")

    sqlite_store.keep_late(lambda lines: None, lambda: None, Journal(tmp_path))
    done = list[str]()
    sqlite_store.write_soon(lambda _work: done.append("it"), line=no_line)
    sqlite_store.settle(60)
    assert done == ["it"]
    assert "no line" in caplog.text


def test_lines_that_could_not_be_kept_stay_in_the_journal(
    sqlite_store: Store, tmp_path: Path
) -> None:
    def is_full(_lines: Sequence[str]) -> None:
        raise StoreError("full")

    hold = threading.Event()
    sqlite_store.keep_late(is_full, lambda: None, Journal(tmp_path))
    sqlite_store.write_soon(lambda _work: hold.wait(30), line=lambda: "first")  # type: ignore[arg-type, return-value]
    sqlite_store.settle(60)
    sqlite_store.write_soon(lambda _work: None)
    sqlite_store.settle(
        0
    )  # The second has no line: both are given up, and the first cannot be kept.
    assert lines_in(tmp_path) == ["first"]
    hold.set()
    sqlite_store.close()


def test_on_a_server_there_is_no_journal_and_rows_are_waited_for(
    store: Store, tmp_path: Path
) -> None:
    folder, done = tmp_path / "spool", list[str]()
    store.keep_late(lambda lines: None, lambda: None, Journal(folder))
    store.write_soon(lambda _work: done.append("it"), line=lambda: "it")
    store.settle(60)
    assert folder.exists() is not store.is_on_server
    assert done == ["it"] or not store.is_on_server


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
