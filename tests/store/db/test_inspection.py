from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.store.db.test_backup import damage
from tests.store.rows import SKILL, task
from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.inspection import Inspection, inspect_database
from tinyarms.store.db.migrate import HEAD


def inspected(address: str | Path) -> Inspection[int]:
    return inspect_database(address, lambda work: work.tasks.count(SKILL))


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def closed_database(migrated_file: Path, folder: Path) -> Path:
    """A database with a row in it that nobody has open."""
    path = folder / "tinyarms.db"
    shutil.copyfile(migrated_file, path)
    store = open_store(path)
    with store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    store.close()
    return path


@pytest.mark.slow
def test_looking_leaves_no_trace(migrated_file: Path, tmp_path: Path) -> None:
    path = closed_database(migrated_file, tmp_path)
    before = snapshot(tmp_path)
    assert inspected(path) == Inspection(str(path), "sqlite", HEAD, "current", True, (), (), rows=1)
    assert snapshot(tmp_path) == before


@pytest.mark.slow
def test_a_database_in_use(sqlite_store: Store) -> None:
    """What another connection has written is result, though it is not in the file itself yet."""
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    assert Path(f"{sqlite_store.where}-wal").stat().st_size > 0
    assert inspected(sqlite_store.where).rows == 1
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t2"))
        assert inspected(sqlite_store.where).rows == 1
    assert inspected(sqlite_store.where).rows == 2


@pytest.mark.slow
def test_what_changes_meanwhile_is_read_again(migrated_file: Path, tmp_path: Path) -> None:
    path = closed_database(migrated_file, tmp_path)
    looks: list[int] = []

    def look(number: int) -> int:
        looks.append(number)
        if len(looks) == 1:
            store = open_store(path)
            with store.unit_of_work() as work:
                work.tasks.add(task("t2"))
            store.close()
        return number

    assert inspect_database(path, lambda work: look(work.tasks.count(SKILL))).rows == 2
    assert looks == [1, 2]


_AS_NOBODY = """
import os, sys
from pathlib import Path
from tinyarms.store.db.inspection import inspect_database
import tinyarms.store.db.tables
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
path = Path(sys.argv[1])
assert not os.access(path.parent, os.W_OK)
print(inspect_database(path, lambda work: work.tasks.count("file-naming")).rows)
"""


@pytest.mark.slow
def test_a_folder_that_nobody_may_write_to(migrated_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    path = closed_database(migrated_file, folder)
    # pytest's own folders are closed to others.
    place = Path(os.environ.get("TMPDIR", "/tmp")) / f"tinyarms-{os.getpid()}"
    shutil.copytree(folder, place)
    try:
        (place / path.name).chmod(0o444)
        place.chmod(0o555)
        command = [sys.executable, "-c", _AS_NOBODY, str(place / path.name)]
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (ran.stdout, ran.stderr) == ("1\n", "")
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


def test_no_file_is_made(tmp_path: Path) -> None:
    assert inspected(tmp_path / "none.db").state == "missing"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    empty = inspected(tmp_path / "empty.db")
    assert (empty.state, empty.has_rows, empty.damage, empty.rows) == ("empty", False, (), None)


def test_a_damaged_file(migrated_file: Path, tmp_path: Path) -> None:
    path = closed_database(migrated_file, tmp_path)
    damage(path)
    broken = inspected(path)
    assert broken.damage
    assert broken.rows is None
    path.write_bytes(b"no database at all" * 1000)
    assert inspected(path).damage == ("file is not a database",)


def test_a_row_that_refers_to_nothing(migrated_file: Path, tmp_path: Path) -> None:
    path = closed_database(migrated_file, tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(
            "INSERT INTO ab_test_results"
            " (id, session_id, variant_id, task_id, user_choice, created_at) "
            "SELECT 'r', 'gone', 'gone', 't1', 1, created_at FROM task_history"
        )
    connection.close()
    [first, *_] = inspected(path).damage
    assert "of ab_test_results refers to a row of" in first


@pytest.mark.slow
def test_schemas_of_other_versions(migrated_file: Path, tmp_path: Path) -> None:
    path = closed_database(migrated_file, tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = inspected(path)
    assert (newer.schema, newer.state, newer.rows) == ("9999", "newer", None)
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE alembic_version SET version_num = '{HEAD}'")
        connection.execute("ALTER TABLE task_history DROP COLUMN latency_ms")
        connection.execute("DROP TABLE daemon_events")
    connection.close()
    lacking = inspected(path)
    assert set(lacking.lacks) == {"daemon_events", "task_history.latency_ms"}
    assert lacking.rows is None


def test_both_kinds_of_database(store: Store, request: pytest.FixtureRequest) -> None:
    with store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    server = "://" in store.where
    address = request.getfixturevalue("postgresql_url") if server else store.where
    kind = "postgresql" if server else "sqlite"
    result = inspected(address)
    assert result == Inspection(store.where, kind, HEAD, "current", True, (), (), rows=1)


@pytest.mark.slow
def test_postgresql_is_only_read(migrated_server: Store, postgresql_url: str) -> None:
    with pytest.raises(StoreError, match="read-only"):
        inspect_database(postgresql_url, lambda work: work.tasks.add(task("t1")))
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM task_history")).scalar() == 0
    engine.dispose()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(StoreError) as caught:
        inspected("postgresql+psycopg://me:hunter2@127.0.0.1:1/arms")
    assert "hunter2" not in str(caught.value)
