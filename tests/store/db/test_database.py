from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.store.rows import NOW, SKILL, session, task
from tinyarms.core.errors import ConflictError, StoreError
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.sqlite import sqlite_engine


def test_an_exception_rolls_everything_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.unit_of_work() as uow:
        uow.tasks.add(task("t1"))
        raise RuntimeError
    with store.read() as uow:
        assert uow.tasks.get("t1") is None


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match=r"read-?only"), store.read() as uow:
        uow.tasks.add(task("t1"))
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t1"))
    with store.read() as uow:
        assert uow.tasks.count(SKILL) == 1


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.unit_of_work() as writing:
        writing.tasks.add(task("t1"))
        with store.read() as reading:
            assert reading.tasks.get("t1") is None


@pytest.mark.slow
def test_threads_write_side_by_side(store: Store) -> None:
    def write(name: str) -> None:
        for n in range(10):
            with store.unit_of_work(durable=n % 2 == 0) as uow:
                count = uow.tasks.count(name)
                uow.tasks.add(task(f"{name}-{n}", skill=name))
                assert count == n

    threads = [threading.Thread(target=write, args=(f"skill-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as uow:
        assert [uow.tasks.count(f"skill-{n}") for n in range(4)] == [10] * 4


def test_a_broken_reference_is_a_conflict_in_one_line(store: Store) -> None:
    with pytest.raises(ConflictError) as caught, store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.sessions.add(session())
    assert "\n" not in str(caught.value)
    assert store.where in str(caught.value)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="time zone"), store.unit_of_work() as uow:
        uow.tasks.add(task("t1", created_at=datetime(2024, 1, 1)))


@pytest.mark.slow
def test_what_is_written_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "tinyarms.db"
    first = open_store(path)
    with first.unit_of_work(durable=True) as uow:
        uow.tasks.add(task("t1"))
    first.close()
    again = open_store(f"sqlite:///{path}")
    with again.read() as uow:
        assert uow.tasks.get("t1") == task("t1")
    again.close()


def test_sqlite_is_asked_for_what_durability_needs(sqlite_store: Store) -> None:
    def pragma(name: str) -> object:
        with sqlite_store.unit_of_work(durable=True) as uow:
            return uow.tasks._connection.execute(text(f"PRAGMA {name}")).scalar()

    assert pragma("synchronous") == 1  # `_sync_log` waits for the disk, after the writer's turn
    assert pragma("journal_mode") == "wal"
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 60_000


def test_only_a_durable_unit_of_work_waits_for_the_disk(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with sqlite_store.unit_of_work() as uow:
        uow.tasks.add(task("t1"))
    told = pytest.raises(StoreError, match=r"disk I/O error \(Input/output error\)")
    with told, sqlite_store.unit_of_work(durable=True) as uow:
        uow.tasks.add(task("t2"))


@pytest.mark.slow
def test_without_a_log_the_database_waits_for_the_disk_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system on which processes cannot share memory."""

    class WithoutLog(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(statement.replace("= WAL", "= DELETE"), *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=WithoutLog))
    store = open_store(tmp_path / "tinyarms.db")
    with store.unit_of_work() as uow:
        assert uow.tasks._connection.execute(text("PRAGMA synchronous")).scalar() == 2
    store.close()


def test_who_is_impatient_is_told(sqlite_store: Store) -> None:
    other = sqlite3.connect(sqlite_store.where, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sqlite_store.write_soon(lambda uow: uow.tasks.add(task("t1")))
    with sqlite_store.impatient(0.01):
        with pytest.raises(StoreError, match="are not written yet"), sqlite_store.read():
            pass
        other.execute("COMMIT")
    with sqlite_store.read() as uow:
        assert uow.tasks.get("t1") == task("t1")
    other.execute("BEGIN IMMEDIATE")
    with (
        sqlite_store.impatient(0.01),
        pytest.raises(StoreError, match="locked"),
        sqlite_store.unit_of_work(),
    ):
        pass
    other.close()


def test_ctrl_c_while_the_last_jobs_are_written_loses_none(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    goes_on = threading.Event()
    sqlite_store.write_soon(lambda uow: uow.tasks.add(task("t1")), goes_on.wait)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(threading.Thread, "join", interrupted)
        sqlite_store.close()
    goes_on.set()
    sqlite_store.close()  # As the end of the program does.
    with sqlite3.connect(sqlite_store.where) as other:
        assert other.execute("SELECT id FROM task_history").fetchall() == [("t1",)]


def test_a_unit_of_work_holds_the_write_lock_from_its_start(sqlite_store: Store) -> None:
    with sqlite_store.unit_of_work():
        other = sqlite3.connect(sqlite_store.where, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


_OPEN_AND_WRITE = """
import sys
from tests.store.rows import task
from tinyarms.store.db.database import open_store
store = open_store(sys.argv[1])
for n in range(20):
    with store.unit_of_work() as uow:
        uow.tasks.add(task(f"{sys.argv[2]}-{n}"))
store.close()
"""


@pytest.mark.slow
def test_processes_open_and_write_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN_AND_WRITE, str(path), str(n)], stderr=subprocess.PIPE
        )
        for n in range(3)
    ]
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors.decode()
    store = open_store(path)
    with store.read() as uow:
        assert uow.tasks.count(SKILL) == 60
    store.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"this is no database, it is a letter to my aunt\n" * 40, "not a database")],
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=message) as caught:
        open_store(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="folder"):
        open_store(tmp_path / "file" / "tinyarms.db")
    with pytest.raises(StoreError, match="unable to open"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://host/db", "only SQLite and PostgreSQL"),
        ("sqlite://", "needs a file"),
        ("://", "no database URL"),
    ],
)
def test_urls_that_cannot_be_used(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        open_store(url)


def test_a_server_that_is_not_there_and_a_password_that_is_not_shown(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://me:secret@/db?host={tmp_path}"
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    eastward = datetime.fromisoformat("2024-11-10T13:30:00.123456+05:30")
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t1", created_at=eastward))
    with store.read() as uow:
        known = uow.tasks.get("t1")
        assert known is not None
        assert known.created_at == NOW
        assert str(known.created_at.tzinfo) == "UTC"


def test_units_of_work_take_turns(store: Store) -> None:
    order: list[str] = []
    inside, done = threading.Event(), threading.Event()

    def second() -> None:
        inside.wait(30)
        with store.unit_of_work() as uow:
            order.append("second")
            assert uow.tasks.get("t1") is not None
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with store.unit_of_work() as uow:
        inside.set()
        assert not done.wait(0.2)
        uow.tasks.add(task("t1"))
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.read() as reading:
        assert reading.tasks.count(SKILL) == 0
        with store.unit_of_work() as writing:
            writing.tasks.add(task("t1"))
        assert reading.tasks.get("t1") is None
    with store.read() as reading:
        assert reading.tasks.get("t1") is not None


def test_a_connection_in_use_is_closed_when_it_comes_back_to_a_disposed_engine(
    tmp_path: Path,
) -> None:
    """Else its memory of the log stays, and with it the read-only disk on which it was made."""
    engine = sqlite_engine(tmp_path / "tinyarms.db")
    with engine.connect() as used, used.begin():
        driver = used.connection.dbapi_connection
        assert driver is not None
        engine.dispose()
        used.exec_driver_sql("SELECT 1")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")


def test_a_disposed_engine_keeps_no_connection_that_a_thread_opens_late(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "tinyarms.db")
    engine.dispose()
    with engine.connect() as late, late.begin():
        driver = late.connection.dbapi_connection
        assert driver is not None
        late.exec_driver_sql("SELECT 1")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")
