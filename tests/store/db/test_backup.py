from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.store.rows import SKILL, task
from tinyarms.core.errors import StoreError
from tinyarms.store.db.backup import back_up, pg_dump_command
from tinyarms.store.db.database import Store, open_store


def database(store: Store) -> Path:
    return Path(store.where)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tasks_in(path: Path) -> int:
    store = open_store(path)
    try:
        with store.read() as work:
            return work.tasks.count(SKILL)
    finally:
        store.close()


def test_a_backup_is_a_database_by_itself(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    database(sqlite_store).chmod(0o600)
    target = tmp_path / "backups" / "one.db"
    target.parent.mkdir()
    size = back_up(database(sqlite_store), target)
    assert (target.stat().st_size, target.stat().st_mode & 0o777) == (size, 0o600)
    assert names(target.parent) == ["one.db"]
    with sqlite3.connect(f"{target.as_uri()}?immutable=1", uri=True) as copy:
        assert copy.execute("SELECT id FROM task_history").fetchall() == [("t1",)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    copy.close()
    assert tasks_in(target) == 1


def test_a_file_that_is_there_stays_unless_forced(sqlite_store: Store, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    target.write_text("mine")
    with pytest.raises(StoreError, match=r"already exists\. Name another file, or use --force"):
        back_up(database(sqlite_store), target)
    assert target.read_text() == "mine"
    back_up(database(sqlite_store), target, force=True)
    assert tasks_in(target) == 0


def test_places_for_no_backup(sqlite_store: Store, tmp_path: Path) -> None:
    source = database(sqlite_store)
    (tmp_path / "link.db").symlink_to(source)
    (tmp_path / "used.db-wal").touch()
    for name, message in (
        (source.name, "is the database itself|is a database in use"),
        ("link.db", "is the database itself"),
        ("used.db", "is a database in use"),
        (".", "is a folder"),
    ):
        with pytest.raises(StoreError, match=message):
            back_up(source, tmp_path / name, force=True)
    with pytest.raises(StoreError, match="no database to back up"):
        back_up(tmp_path / "none.db", tmp_path / "new.db")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "file").touch()
    for folder in ("file", "backsup", "backsup/today"):
        with pytest.raises(StoreError, match=f"{folder}: there is no such folder"):
            back_up(source, tmp_path / folder / "new.db")
    assert not (tmp_path / "backsup").exists()


_WRITER = """
import sys
from pathlib import Path
from tests.store.rows import task
from tinyarms.store.db.database import open_store
store = open_store(Path(sys.argv[1]))
number = 0
while True:
    with store.unit_of_work() as work:  # always two tasks together
        work.tasks.add(task(f"{number}-a"))
        work.tasks.add(task(f"{number}-b"))
    number += 1
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_backup_while_another_process_writes_is_of_one_moment(
    sqlite_store: Store, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _WRITER, str(database(sqlite_store))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        counts = []
        try:
            for number in range(3):
                least = int(writer.stdout.readline())
                target = tmp_path / f"{number}.db"
                back_up(database(sqlite_store), target)
                counts.append(tasks_in(target))
                assert counts[-1] >= 2 * least
            assert writer.poll() is None
        finally:
            writer.kill()
    assert counts == sorted(counts)
    assert [count % 2 for count in counts] == [0, 0, 0]


_KILLED = """
import os, signal, sys
from pathlib import Path
from tinyarms.store.db import backup
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
where = sys.argv[3]
if where == "before it is on the disk":
    os.fsync = die
else:
    backup.replace_durably = die
backup.back_up(Path(sys.argv[1]), Path(sys.argv[2]), force=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["before it is on the disk", "before it takes its place"])
def test_a_killed_backup_leaves_the_earlier_one(
    sqlite_store: Store, tmp_path: Path, where: str
) -> None:
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    new, earlier = tmp_path / "new.db", tmp_path / "earlier.db"
    earlier.write_text("earlier")
    for target in (new, earlier):
        command = [sys.executable, "-c", _KILLED, str(database(sqlite_store)), str(target), where]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not new.exists()
    assert earlier.read_text() == "earlier"
    back_up(database(sqlite_store), new)
    assert tasks_in(new) == 1


def test_there_is_no_backup_of_a_damaged_database(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.close()
    source, target = database(sqlite_store), tmp_path / "copy.db"
    damage(source)
    with pytest.raises(StoreError, match="The database is damaged"):
        back_up(source, target)
    source.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError, match=r"damaged|not a database"):
        back_up(source, target)
    assert not target.exists()
    assert [name for name in names(tmp_path) if name.startswith(".")] == []


def damage(path: Path) -> None:
    """Overwrite pages in the middle of the file."""
    page = 4096
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        for start in range(2 * page, size - page, 2 * page):
            file.seek(start)
            file.write(b"\x5a" * page)


@pytest.mark.slow
def test_postgresql_has_a_program_for_it(migrated_server: Store, tmp_path: Path) -> None:
    url = "postgresql+psycopg://me:hunter2@db.example:5433/arms"
    with pytest.raises(StoreError, match="made with pg_dump") as caught:
        back_up(url, tmp_path / "my copy.dump")
    assert caught.value.hint == (
        f"Run: pg_dump --format=custom --file='{tmp_path}/my copy.dump' "
        "'postgresql://me:***@db.example:5433/arms'"
    )
    query = make_url("postgresql+psycopg://db.example/arms?password=hunter2")
    assert "hunter2" not in pg_dump_command(query, tmp_path)
    with pytest.raises(StoreError, match="pg_dump"):
        back_up(migrated_server.where, tmp_path / "copy.dump")
    assert names(tmp_path) == []
