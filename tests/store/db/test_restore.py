"""Databases that are damaged, set aside and restored."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.rows import SKILL, task
from tinyarms.core.errors import DatabaseDamaged, StoreError
from tinyarms.store.db import kept_files, restore, sqlite
from tinyarms.store.db.copies import back_up_beside, backup_fault, last_good_backup
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.inspection import inspect_database
from tinyarms.store.db.kept_files import KEPT_BACKUPS, backups, set_aside_files
from tinyarms.store.db.restore import restore as restore_file
from tinyarms.store.db.sqlite import has_wal_reset_bug

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM alembic_version").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(sqlite_store: Store) -> Path:
    """A database with one task that nobody has open, and a backup of it."""
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    sqlite_store.close()
    database = Path(sqlite_store.where)
    back_up_beside(database, "0001")
    return database


def tasks_in(path: Path) -> int:
    with closing(open_store(path)) as store, store.read() as work:
        return work.tasks.count(SKILL)


def add_task(path: Path, name: str) -> None:
    with closing(open_store(path)) as store, store.unit_of_work() as work:
        work.tasks.add(task(name))


def damage(path: Path) -> bytes:
    """Overwrite all pages but the first, and return the content."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(reversed(whole[4096:])))
    return path.read_bytes()


def test_the_last_good_backup_comes_back_and_nothing_is_deleted(path: Path) -> None:
    add_task(path, "t2")
    before = path.read_bytes()
    done = restore_file(path)
    assert tasks_in(path) == 1
    assert done.kept is not None and done.kept.read_bytes()[100:] == before[100:]
    assert done.backup == backups(path)[0]
    assert path.stat().st_mode & 0o777 == 0o600
    again = restore_file(path, done.kept)  # and back again
    assert again.backup == done.kept
    assert tasks_in(path) == 2


def test_a_damaged_file_is_moved_aside_and_stays_so_until_a_restore(path: Path) -> None:
    content = b"SQLite format 3\0" + b"garbage" * 1000
    path.write_bytes(content)
    with pytest.raises(
        DatabaseDamaged, match=r"was moved to .*\.damaged-.*The last good backup is"
    ):
        open_store(path)
    [aside] = set_aside_files(path)
    assert aside.read_bytes() == content
    for _ in range(2):  # no command begins with an empty one
        with pytest.raises(StoreError, match=r"was set aside as .*To restore it: tinyarms db"):
            open_store(path)
        assert not path.exists()
    restore_file(path)
    assert tasks_in(path) == 1
    assert aside.read_bytes() == content


def test_a_log_goes_with_its_database(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    path.write_bytes(b"x" * 5000)
    log.write_bytes(b"log")
    kept_files.quarantine(path)
    [aside] = set_aside_files(path)
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"log"
    assert not log.exists()


def test_a_file_of_another_kind_stays_where_it_is(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all, " * 100)
    with pytest.raises(DatabaseDamaged, match="may be something else"):
        open_store(letter)
    assert letter.read_text().startswith("Dear all")


def test_a_log_of_a_damaged_database_is_never_taken_for_the_log_of_the_backup(path: Path) -> None:
    keep = open_store(path)
    with keep.unit_of_work() as work:
        work.tasks.add(task("t2"))
    log = path.with_name(path.name + "-wal").read_bytes()
    keep.close()
    damaged = damage(path)
    path.with_name(path.name + "-wal").write_bytes(log)
    done = restore_file(path)
    assert tasks_in(path) == 1
    assert done.kept is not None and done.kept.read_bytes() == damaged
    assert done.kept.with_name(done.kept.name + "-wal").read_bytes() == log


def test_damaged_backups_are_passed_over(path: Path) -> None:
    [good] = backups(path)
    newer = path.with_name(f"{path.name}.0001-29990101T000000Z.backup")
    newer.write_bytes(path.read_bytes())
    damage(newer)
    assert backup_fault(newer)
    assert last_good_backup(path) == good
    assert restore_file(path).backup == good
    with pytest.raises(StoreError, match="is no good backup"):
        restore_file(path, newer)
    with pytest.raises(StoreError, match=r"no good backup \(there is no such file\)"):
        restore_file(path, path.with_name("none"))
    with pytest.raises(StoreError, match="is the database itself"):
        restore_file(path, path)
    good.unlink()
    with pytest.raises(StoreError, match="no good backup beside it"):
        restore_file(path)
    assert tasks_in(path) == 1


def test_a_database_in_use_is_not_replaced(path: Path) -> None:
    before = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="another process has the database open"):
            restore_file(path)
        damage(path)
        with pytest.raises(StoreError, match="another process has the database open"):
            restore_file(path)
        with pytest.raises(StoreError, match="another process has the database open"):
            kept_files.quarantine(path)
        path.write_bytes(before)
        process.communicate("")
    assert set_aside_files(path) == []
    restore_file(path)


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_restore_that_is_killed_anywhere_can_be_repeated(
    path: Path, monkeypatch: pytest.MonkeyPatch, is_damaged: bool
) -> None:
    """Each step fails once, as if the process was killed there."""
    add_task(path, "t2")
    if is_damaged:
        damage(path)
        path.with_name(path.name + "-wal").write_bytes(b"log")

    class Killed(BaseException):
        pass

    damaged = ("copyfile", "keep_aside", "remove", "replace_durably")
    for name in damaged if is_damaged else ("copyfile", "keep_aside", "replace_durably"):
        with monkeypatch.context() as patched:
            place = restore.shutil if name == "copyfile" else restore

            def killed(*words: object) -> None:
                raise Killed

            patched.setattr(place, name, killed)
            with pytest.raises(Killed):
                restore_file(path)
        assert path.exists() or any(file.read_bytes() for file in set_aside_files(path))
    restore_file(path)
    assert tasks_in(path) == 1


def test_the_newest_backups_are_kept(path: Path) -> None:
    for number in range(KEPT_BACKUPS + 2):
        old = path.with_name(f"{path.name}.0001-2020010{number + 1}T000000Z.backup")
        old.write_bytes(b"")
    mine = path.with_name(f"{path.name}.before-the-holidays.backup")
    mine.write_bytes(b"")
    made, _ = back_up_beside(path, "0001")
    kept = backups(path)
    assert len(kept) == KEPT_BACKUPS
    assert kept[0] == made
    assert mine.exists()


@pytest.mark.slow
def test_files_are_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    store = open_store(path)
    with store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    back_up_beside(path, "0001")
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"new.db", "new.db-wal", "new.db-shm"} < set(modes)
    store.close()


def test_left_overs_of_killed_backups_go_and_those_in_use_stay(path: Path) -> None:
    left = path.parent / ".tinyarms-copy-1"
    used = path.parent / ".tinyarms-copy-2"
    other = path.parent / ".tinyarms-else"
    for folder in (left, used, other):
        folder.mkdir()
        (folder / "copy.db").touch()
    descriptor = os.open(used, os.O_RDONLY)
    assert kept_files.fcntl.flock(descriptor, kept_files.fcntl.LOCK_EX) is None
    back_up_beside(path, "0001")
    assert (left.exists(), used.exists(), other.exists()) == (False, True, True)
    os.close(descriptor)


def test_which_versions_have_the_wal_reset_bug() -> None:
    having = ((3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2))
    without = ((3, 6, 23), (3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0))
    assert all(map(has_wal_reset_bug, having))
    assert not any(map(has_wal_reset_bug, without))


@pytest.mark.slow
def test_checkpoints_run_while_nobody_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four threads write; each checkpoint sees the lock of a writer, and the log stays short."""
    monkeypatch.setattr(sqlite, "has_wal_reset_bug", lambda: True)
    monkeypatch.setattr(sqlite, "CHECKPOINT_BYTES", 200_000)
    path = tmp_path / "new.db"
    store = open_store(path)
    real, seen = sqlite3.connect, list[str]()

    def connect(address: str, *words: object, **more: object) -> sqlite3.Connection:
        connection = real(address, *words, **more)  # type: ignore[call-overload]
        if "check_same_thread" not in more and path.name in str(address):
            try:
                with closing(real(path, timeout=0, isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
                seen.append("free")
            except sqlite3.OperationalError:
                seen.append("locked")
        return connection  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite.sqlite3, "connect", connect)

    def write(letter: str) -> None:
        for number in range(300):
            with store.unit_of_work() as work:
                work.tasks.add(task(f"{letter}{number}"))

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) > 2
    assert set(seen) == {"locked"}
    with store.read() as work:
        assert work.tasks.count(SKILL) == 1200
    log = path.with_name("new.db-wal").stat().st_size
    assert log < 2_000_000
    store.close()


@pytest.mark.slow
def test_the_log_begins_anew_soon_after_a_reader_that_prevented_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "has_wal_reset_bug", lambda: True)
    monkeypatch.setattr(sqlite, "CHECKPOINT_BYTES", 400_000)
    monkeypatch.setattr(sqlite, "RETRY_CHECKPOINT_BYTES", 50_000)
    path, written = tmp_path / "new.db", 0
    log, store = path.with_name("new.db-wal"), open_store(path)

    def write() -> None:
        nonlocal written
        written += 1
        with store.unit_of_work() as work:
            work.tasks.add(task(f"t{written}"))

    write()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM task_history").fetchall()
        while log.stat().st_size < 450_000:
            write()
        reader.execute("ROLLBACK")
    before = log.stat().st_size
    while before - 1000 < log.stat().st_size < before + 200_000:
        write()
    assert log.stat().st_size < 400_000
    store.close()


def test_tasks_find_a_log_that_was_copied_while_nobody_waited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No writer of a task has to make a checkpoint."""
    monkeypatch.setattr(sqlite, "has_wal_reset_bug", lambda: True)
    monkeypatch.setattr(sqlite, "CHECKPOINT_BYTES", 400_000)
    path = tmp_path / "new.db"
    log, store, sizes = path.with_name("new.db-wal"), open_store(path), list[int]()
    for number in range(60):
        store.write_soon(lambda work, number=number: work.tasks.add(task(f"t{number}")))  # type: ignore[misc]
        store.settle(60.0)
        sizes.append(log.stat().st_size)
    assert 250_000 < max(sizes) < 400_000
    assert min(sizes[sizes.index(max(sizes)) :]) < 100_000
    with store.read() as work:
        assert work.tasks.count(SKILL) == 60
    store.close()


def test_words_of_sqlite_that_are_not_utf_8(path: Path) -> None:
    """It quotes the damaged names of tables and indexes."""
    content = path.read_bytes()
    assert b"prompt_history" in content
    path.write_bytes(content.replace(b"prompt_history", b"prompt_\x89\xff\xfestory"[:14]))
    check = inspect_database(path, lambda work: None)
    assert check.damage
    restore_file(path)
    assert tasks_in(path) == 1
