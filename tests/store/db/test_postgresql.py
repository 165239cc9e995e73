"""What a real PostgreSQL server does to the store: locks, restarts, and its announcements."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from tests.postgresql import Server, new_database
from tests.store.rows import SKILL, session, task
from tinyarms.core.errors import StoreError
from tinyarms.store.db.cut_off import CutOff
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.records import SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with new_database(postgresql) as url:
        yield url


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


@contextmanager
def psql(url: str) -> Iterator[psycopg.Connection]:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def cut_connections(url: str) -> None:
    """End all others, as a shutdown of the server does."""
    with psql(url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def raw(work: UnitOfWork, statement: str) -> object:
    return work.tasks._connection.execute(text(statement)).scalar()


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_what_each_kind_of_unit_of_work_asks_for(opened: Store) -> None:
    with opened.read() as work:
        assert raw(work, "SHOW transaction_isolation") == "repeatable read"
        assert raw(work, "SHOW transaction_read_only") == "on"
        assert raw(work, "SHOW lock_timeout") == "1min"
    with opened.unit_of_work() as work:
        assert raw(work, "SHOW transaction_isolation") == "repeatable read"
        assert raw(work, "SHOW transaction_read_only") == "off"
        assert raw(work, "SHOW idle_in_transaction_session_timeout") == "1min"
    with opened.impatient(2.0), opened.read() as work:
        assert raw(work, "SHOW lock_timeout") == "2s"
        assert raw(work, "SHOW statement_timeout") == "2s"


def test_a_durable_commit_waits_for_the_disk_whatever_the_server_says(url: str) -> None:
    open_store(url).close()
    with psql(url) as other:
        other.execute(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off")
    store = open_store(url)
    with store.unit_of_work() as work:
        assert raw(work, "SHOW synchronous_commit") == "off"
    with store.unit_of_work(durable=True) as work:
        assert raw(work, "SHOW synchronous_commit") == "on"
    store.close()


def test_a_locked_table_is_an_error_in_time(opened: Store, url: str) -> None:
    with psql(url) as other, other.transaction():
        other.execute("LOCK TABLE task_history IN ACCESS EXCLUSIVE MODE")
        with (
            opened.impatient(0.1),
            pytest.raises(StoreError, match="end it, or try again"),
            opened.read() as work,
        ):
            work.tasks.get("t1")
        with (
            opened.impatient(0.1),
            pytest.raises(StoreError, match="end it, or try again"),
            opened.unit_of_work() as work,
        ):
            work.tasks.add(task("t1"))
    with opened.read() as work:
        assert work.tasks.get("t1") is None


def test_connections_that_a_restart_broke_are_replaced(opened: Store, url: str) -> None:
    with opened.read():
        pass
    cut_connections(url)
    with opened.unit_of_work() as work:
        work.tasks.add(task("t1"))
    cut_connections(url)
    with opened.impatient(2.0), opened.read() as work:
        assert work.tasks.get("t1") == task("t1")


def test_a_unit_of_work_that_is_cut_off_stores_nothing_and_is_done_again(
    opened: Store, url: str
) -> None:
    tries: list[int] = []

    def write() -> None:
        with opened.unit_of_work() as work:
            work.tasks.add(task("t1"))
            tries.append(work.tasks.count(SKILL))
            if len(tries) == 1:
                cut_connections(url)
            work.tasks.add(task("t2"))

    with pytest.raises(CutOff):
        write()
    tries.clear()
    opened.repeated(write)
    assert tries == [1, 1]
    with opened.read() as work:
        assert work.tasks.count(SKILL) == 2


def test_a_job_in_the_background_is_done_again(opened: Store, url: str) -> None:
    tries: list[str] = []

    def write(work: UnitOfWork) -> None:
        tries.append("once")
        work.tasks.add(task("t1"))
        if len(tries) == 1:
            cut_connections(url)
        work.tasks.add(task("t2"))

    opened.write_soon(write)
    with opened.read() as work:
        assert work.tasks.count(SKILL) == 2
    assert tries == ["once", "once"]


def test_another_program_that_writes_the_same_row_is_in_the_way_for_a_moment(
    opened: Store, url: str
) -> None:
    with opened.unit_of_work() as work:
        work.tasks.add(task("t1"))
    others: list[int] = []

    def write() -> None:
        with opened.unit_of_work() as work:
            assert work.tasks.get("t1") is not None  # takes the snapshot
            if not others:
                with psql(url) as other:
                    other.execute("UPDATE task_history SET output = 'mine' WHERE id = 't1'")
                others.append(1)
            work.tasks.set_outcome("t1", True, "feedback")

    opened.repeated(write)
    with opened.read() as work:
        stored = work.tasks.get("t1")
        assert stored is not None
        assert (stored.output, stored.success) == ("mine", True)


def test_a_server_that_stops_and_starts_meanwhile(tmp_path: Path) -> None:
    with Server.made(tmp_path / "server") as server, new_database(server) as url:
        store = open_store(url)
        server.stop()
        with pytest.raises(CutOff, match="Is the server running"):
            open_store(url)
        with store.impatient(2.0), pytest.raises(CutOff), store.read():
            pass
        starting = threading.Thread(target=server.start)
        starting.start()
        with store.unit_of_work(durable=True) as work:  # waits for the server
            work.tasks.add(task("t1"))
        starting.join()
        with store.read() as work:
            assert work.tasks.get("t1") == task("t1")
        store.close()


def test_one_thread_writes_while_as_many_read_as_want(opened: Store, url: str) -> None:
    """Fewer connections than threads: those that wait to write hold none."""
    threads, done = 40, list[int]()

    def use(number: int) -> None:
        with opened.unit_of_work() as work:
            work.tasks.add(task(f"t{number}"))
            with opened.read() as other:  # a second connection of the same thread
                other.tasks.get("t0")
        done.append(number)

    running = [threading.Thread(target=use, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    with psql(url) as other:
        row = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tinyarms' "
            "AND datname = current_database()"
        ).fetchone()
    for thread in running:
        thread.join()
    assert len(done) == threads
    assert row is not None
    assert row[0] <= 16


def test_news_of_another_process_comes_within_a_second(opened: Store, url: str) -> None:
    other = open_store(url)
    assert opened.news == 0
    assert within(10, lambda: opened.news == 1)  # it listens
    with other.unit_of_work() as work:
        work.sessions.add(session(state=SessionState.READY))
        work.tasks.add(task("t1"))
    assert not within(0.3, lambda: opened.news > 1)
    with other.unit_of_work() as work:
        work.sessions.end(session().id, SessionState.CANCELLED, "No more.", session().triggered_at)
    assert within(1, lambda: opened.news == 2)
    cut_connections(url)
    assert within(5, lambda: opened.news > 3)  # something may have been missed meanwhile
    other.close()


def test_addresses_of_every_spelling(url: str) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        store = open_store(url.replace("postgresql+psycopg", scheme))
        with store.read() as work:
            assert work.tasks.count(SKILL) == 0
        store.close()
