"""Everything that is specific to SQLite.

A writing unit of work begins with BEGIN IMMEDIATE. A transaction that begins as a reader and then
writes fails at once if another writer was faster, whatever the busy timeout.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from tinyarms.core.errors import DatabaseDamaged, StoreError

BUSY_TIMEOUT_MS = 60_000
CHECKPOINT_BYTES = 16_000_000
"""Size of the write-ahead log from which its pages are copied into the database. Higher: rarer and
longer pauses, and a larger log."""
EARLY = 0.75
"""Share of `CHECKPOINT_BYTES` from which a process does it at a moment when nobody waits for what
it writes. Higher: rarer, and a busy process finds fewer such moments before a writer has to."""
RETRY_CHECKPOINT_BYTES = 250_000
"""Bytes that the log grows before it is tried again to begin it anew: whoever reads just then
prevents it. Higher: fewer attempts, and a log that grows with each that fails."""
_MOST = 20
"""Most faults of a file that are reported."""
NOT_UTF_8 = "a text in the file is not UTF-8"
"""A damage that the driver does not report as an error of its own."""
_PRAGMAS = "tinyarms pragmas"
"""Names what a connection was told last, so that it is not told again: each time costs as much as
reading a row."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_Result = TypeVar("_Result")


def has_wal_reset_bug(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the WAL-reset bug (https://sqlite.org/wal.html#walresetbug).

    A checkpoint that begins while another connection commits and starts the log again may take the
    new log for copied, and a later checkpoint then leaves out pages. 3.7.0 to 3.51.2 have it, but
    for 3.44.6 and 3.50.7, to which the mending was carried back.

    Examples
    --------
    >>> from tinyarms.store.db.sqlite import has_wal_reset_bug
    >>> [has_wal_reset_bug(version) for version in ((3, 40, 1), (3, 50, 7), (3, 51, 3))]
    [True, False, False]
    """
    if version[:2] in ((3, 44), (3, 50)):
        return version[2] < {44: 6, 50: 7}[version[1]]
    return (3, 7, 0) <= version < (3, 51, 3)


def sqlite_engine(path: Path) -> Engine:
    """An engine for the file; a missing file is made. Raises `StoreError`.

    Connections read the execution options `writing`, `durable` and `patience_s` when they begin. On
    a SQLite that has the WAL-reset bug, checkpoints hold the lock of a writer, so that none can run
    while anybody commits.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot make its folder ({error.strerror}).", "Name a folder you can write to."
        ) from error
    file = _DatabaseFile(path)
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, creator=file.connect, poolclass=_Pool, max_overflow=-1)
    event.listen(engine, "checkout", file.let_go_of_read_only)
    event.listen(engine, "begin", file.begin)
    _FILES[engine] = file
    return engine


def copy_long_log(engine: Engine) -> None:
    """Copy the log into the database, if it is so long that a later writer would soon do it, and
    whoever waits for that one would wait for the disk. Nothing happens on a PostgreSQL server."""
    file = _FILES.get(engine)
    if file is not None and has_wal_reset_bug():
        file.checkpoint_early()


def _may_be_read_only(connection: sqlite3.Connection) -> bool:
    """Whether a connection was opened while the file could not be written: it stays so.

    It does not wait for a writer: while there is one, nothing can be told.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")  # succeeds on a file that is only read, too
        try:
            connection.execute("PRAGMA user_version = 0")
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    return False


class _Pool(QueuePool):
    """Connections that are closed once the engine is disposed: those in use when they come back,
    and those that a thread opens after that because it still has the engine.

    While one of a process is open, new ones share its memory of the log: if that was made on a disk
    that could not be written, they cannot write either.
    """

    def dispose(self) -> None:
        self._close_what_comes_back()
        super().dispose()

    def recreate(self) -> _Pool:
        """The pool of a disposed engine, which keeps no connection."""
        pool = super().recreate()
        assert isinstance(pool, _Pool)
        pool._close_what_comes_back()
        return pool

    def _close_what_comes_back(self) -> None:
        self.__dict__["_do_return_conn"] = self._close_returned  # no detour while it is in use

    def _close_returned(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        super().dispose()


class _DatabaseFile:
    """The database file of an engine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = str(path) + "-wal"
        self._address = path.absolute().as_uri() + "?mode=rw"
        self._is_made = False
        self._has_log = True
        self._read_only: set[int] = set()
        """Connections that may not be able to write, by their identity."""
        self._tried_at = 0
        """Size of the log in bytes at the last checkpoint; 0 since the log was begun anew."""

    def connect(self) -> sqlite3.Connection:
        if not self._is_made:
            _make_private(self._path)
            self._is_made = True
        connection = sqlite3.connect(
            self._address, uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            self._has_log = mode == "wal"
            connection.execute("PRAGMA foreign_keys = ON")
            if has_wal_reset_bug():
                connection.execute("PRAGMA wal_autocheckpoint = 0")
                # So the size of the file tells how much of the log is in use.
                connection.execute("PRAGMA journal_size_limit = 0")
            self._read_only.discard(id(connection))
            if _may_be_read_only(connection):
                self._read_only.add(id(connection))
        except sqlite3.Error as error:
            connection.close()
            kind = DatabaseDamaged if is_damage(error) else StoreError
            raise kind(f"{self._path}: {error}.", sqlite_hint(str(error))) from error
        return connection

    def let_go_of_read_only(
        self, connection: sqlite3.Connection, record: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        """Before a connection is used: one that may not be able to write is used once only."""
        if id(connection) in self._read_only:
            if record.info.get("is_used"):
                raise DisconnectionError("opened while the file was read-only")
            record.info["is_used"] = True

    def begin(self, connection: Connection) -> None:
        """Begin a transaction, as its options say."""
        options = connection.get_execution_options()
        writing, durable = options.get("writing", False), options.get("durable", False)
        patience_s = options.get("patience_s")
        wait_ms = BUSY_TIMEOUT_MS if patience_s is None else round(patience_s * 1000)
        wanted = {
            "busy_timeout": str(wait_ms),
            "query_only": "OFF" if writing else "ON",
            "synchronous": "FULL" if durable or not self._has_log else "NORMAL",
        }
        there = connection.info.setdefault(_PRAGMAS, {})
        for name, value in wanted.items():
            if there.get(name) != value:
                connection.exec_driver_sql(f"PRAGMA {name} = {value}")
                there[name] = value
        if writing and has_wal_reset_bug():
            self._checkpoint(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
        if writing and self._read_only:
            self._can_write(connection)

    def _can_write(self, connection: Connection) -> None:
        """Find out whether a connection can write, if nobody could tell when it was opened because
        another one was writing. Otherwise, on a busy file, each would be used once only.

        Raises SQLAlchemy's exception if it cannot.
        """
        opened = id(connection.connection.dbapi_connection)
        if opened in self._read_only:
            connection.exec_driver_sql("PRAGMA user_version = 0")
            self._read_only.discard(opened)

    def _checkpoint(self, connection: Connection) -> None:
        """Copy the log into the database if it is long, so that the next transaction begins it
        anew. The lock of a writer keeps every process from committing meanwhile."""
        if not self._is_due(CHECKPOINT_BYTES):
            return
        with suppress(sqlite3.Error, DBAPIError):  # Whoever has the lock makes the checkpoint.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                self._copy_log()
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def checkpoint_early(self) -> None:
        """The same in no transaction, of a log that is a little shorter."""
        if not self._is_due(EARLY * CHECKPOINT_BYTES):
            return
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(self._address, 0.0, isolation_level=None, uri=True)) as writer,
        ):
            writer.execute("BEGIN IMMEDIATE")
            self._copy_log()

    def _is_due(self, least: float) -> bool:
        """Whether the log has as many bytes, and enough more than at the last attempt."""
        size = _size(self._log)
        if size < self._tried_at:
            self._tried_at = 0
        if self._tried_at:
            least = max(least, self._tried_at + RETRY_CHECKPOINT_BYTES)
        if size < least:
            return False
        self._tried_at = size
        return True

    def _copy_log(self) -> None:
        with closing(sqlite3.connect(self._address, uri=True)) as other:
            other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


_FILES: WeakKeyDictionary[Engine, _DatabaseFile] = WeakKeyDictionary()
"""The file of each engine."""


def _make_private(path: Path) -> None:
    """Make a missing file that only its owner can read: it will hold what users write.

    SQLite gives its logs the same permissions.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(
            f"{path}: unable to open database file ({error.strerror}).",
            sqlite_hint("unable to open"),
        ) from error


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - after every unit of work
    except OSError:
        return 0


def is_damage(error: BaseException | None) -> bool:
    """Whether an error of the driver says that the file is damaged."""
    code = getattr(error, "sqlite_errorcode", 0)  # the lowest byte is the kind of error
    if isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error):
        return True  # without a code
    return isinstance(error, sqlite3.Error) and (code & 0xFF) in _DAMAGED


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
    "not a database": "Restore a backup: tinyarms db restore",
    "malformed": "The file is damaged. Restore a backup: tinyarms db restore",
    "unable to open": "You need to be able to write to this file and its folder; "
    "TINYARMS_DATABASE names another one.",
    "readonly": "Make the file and its folder writable.",
    "full": "Free some space on the disk.",
    "disk I/O error": "Is the disk full or broken?",
}


def sqlite_hint(message: str) -> str:
    """The hint for one of SQLite's error messages; empty if there is none."""
    return next((hint for part, hint in _HINTS.items() if part in message), "")
