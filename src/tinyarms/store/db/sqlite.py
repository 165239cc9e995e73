"""Everything that is said to SQLite only.

A writing unit of work begins with BEGIN IMMEDIATE: one that begins as a reader and then writes
fails at once when another writer was faster, whatever the busy timeout.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from tinyarms.core.errors import StoreError

BUSY_TIMEOUT_MS = 60_000


def sqlite_engine(path: Path) -> Engine:
    """An engine for the file, which is made if there is none. Raises `StoreError`.

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
    # The driver would begin transactions by itself, and not the ones that are wanted.
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


_HINTS = {
    "locked": "Another process writes and does not end: end it, or try again.",
    "not a database": "Move the file away, or name another one.",
    "malformed": "The file is damaged: restore a backup.",
    "unable to open": "Name a file in a folder you can write to.",
    "readonly": "Make the file and its folder writable.",
    "full": "Free some space on the disk.",
}


def sqlite_hint(message: str) -> str:
    """What to do about one of SQLite's error messages; empty if nothing is known."""
    return next((hint for part, hint in _HINTS.items() if part in message), "")
