"""Everything that is specific to SQLite.

A writing unit of work begins with BEGIN IMMEDIATE. A transaction that begins as a reader and then
writes fails at once if another writer was faster, whatever the busy timeout.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from tinyarms.core.errors import StoreError

BUSY_TIMEOUT_MS = 60_000
_MOST = 20
"""Most faults of a file that are reported."""

_Result = TypeVar("_Result")


def sqlite_engine(path: Path) -> Engine:
    """An engine for the file; a missing file is made. Raises `StoreError`.

    Connections read the execution options `writing`, `durable` and `patience_s` when they begin.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot make its folder ({error.strerror}).", "Name a folder you can write to."
        ) from error
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=QueuePool, max_overflow=-1)
    event.listen(engine, "connect", lambda connection, _record: _prepare(connection, path))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, path: Path) -> None:
    # Otherwise the driver would begin its own kind of transactions.
    connection.isolation_level = None
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}.", sqlite_hint(str(error))) from error


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writing, durable = options.get("writing", False), options.get("durable", False)
    patience_s = options.get("patience_s")
    wait_ms = BUSY_TIMEOUT_MS if patience_s is None else round(patience_s * 1000)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def read_unchanged(
    path: Path,
    read_database: Callable[[Connection], _Result],
    patience_s: float = BUSY_TIMEOUT_MS / 1000,
) -> _Result:
    """Call `read_database` in one transaction, and leave no trace, not even a log file.

    Other processes may write meanwhile: `read_database` sees one moment. It may be called twice,
    and the second result counts. Raises SQLAlchemy's exceptions.
    """
    state_before = _untouched(path)
    if state_before is not None:
        # Nobody has it open. An ordinary reader would leave a log file, or fail in a read-only
        # folder.
        try:
            result = _look(path, "immutable=1", read_database, patience_s)
        except DBAPIError:
            if _untouched(path) == state_before:
                raise
        else:
            if _untouched(path) == state_before:
                return result
    return _look(path, "mode=ro", read_database, patience_s)


def take_write_lock(path: Path, patience_s: float) -> None:
    """Take the lock of a writer and give it back. Raises SQLAlchemy's exceptions."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    _look(path, "mode=rw", begin, patience_s)


def _untouched(path: Path) -> tuple[int, int] | None:
    """The file's modification time and size; `None` if a process has it open or left a log."""
    if any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal")):
        return None
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def _look(
    path: Path, how: str, read_database: Callable[[Connection], _Result], patience_s: float
) -> _Result:
    address = f"{path.absolute().as_uri()}?{how}"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            address, uri=True, isolation_level=None, timeout=patience_s
        ),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:  # rolled back: nothing was written
        return read_database(connection)


def integrity_damage(connection: Connection) -> list[str]:
    """The first faults that SQLite finds in the file; reads the whole file."""
    lines = [row[0] for row in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})")]
    return [] if lines == ["ok"] else lines


def foreign_key_damage(connection: Connection) -> list[str]:
    """The first rows that refer to missing rows."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MOST)
    return [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is missing" for row in rows]


_HINTS = {
    "locked": "Another process keeps the database locked: end it, or try again.",
    "not a database": "Move the file away, or name another one.",
    "malformed": "The file is damaged: restore a backup.",
    "unable to open": "Name a file in a folder you can write to.",
    "readonly": "Make the file and its folder writable.",
    "full": "Free some space on the disk.",
    "disk I/O error": "Is the disk full or broken?",
}


def sqlite_hint(message: str) -> str:
    """The hint for one of SQLite's error messages; empty if there is none."""
    return next((hint for part, hint in _HINTS.items() if part in message), "")
