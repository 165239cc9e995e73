"""Everything that is specific to PostgreSQL.

A reading unit of work is one snapshot (REPEATABLE READ, READ ONLY): its statements never disagree.

A writing unit of work first locks a table in a mode that admits readers and no second writer, then
takes its snapshot (REPEATABLE READ). So writers take turns in the order in which they came, as on
SQLite, each sees everything that was committed before, and none of them can meet a serialisation
failure or a deadlock of another one.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tinyarms.core.errors import StoreError
from tinyarms.store.db.dialects import NEWS
from tinyarms.store.db.sqlite import BUSY_TIMEOUT_MS

PATIENCE_S = BUSY_TIMEOUT_MS / 1000
"""Seconds to wait for a lock, a statement, a connection or a restart, as on SQLite."""
_WRITERS = "alembic_version"
"""The table that a writer locks: nothing but a migration writes to it."""
_CONNECT_S = 2
"""Longest time in seconds to open one connection. Tasks wait no longer for the database either."""
_KEPT, _MORE = 2, 14
"""Connections that a process keeps open, and how many more it opens while as many threads read.
One thread of a process writes at a time. Higher: fewer waits, more of the server's connections."""
_CONNECTING: dict[str, str] = {
    "connect_timeout": str(_CONNECT_S),
    # A server that vanished from the network is noticed within half a minute.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "application_name": "tinyarms",
}
_LISTEN_AGAIN_S = 1.0
"""Seconds until a broken connection of the listener is replaced. Meanwhile there is no news."""
_PASSING_STATES = (
    *("40001", "40P01"),  # serialisation failure, deadlock: another program writes here too
    *("57P01", "57P02", "57P03"),  # shut down, crashed, starting
    *("25P03", "53300"),  # the session idled too long in a transaction; too many connections
)
_UNREACHABLE = (
    *("refused", "no such file", "timeout", "timed out", "unreachable", "reset by peer"),
    *("starting up", "shutting down", "not yet accepting", "recovery mode"),
    *("too many clients", "too many connections", "closed the connection"),
)
"""Parts of the library's messages about a server that is not there now."""


def postgresql_engine(url: URL) -> Engine:
    """An engine for the server, not yet connected. Raises `ModuleNotFoundError` without the driver.

    Connections read the execution options `writing`, `migrating`, `durable` and `patience_s` when
    they begin.
    """
    url = url.set(drivername="postgresql+psycopg")
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    engine = create_engine(
        url,
        connect_args=given,
        pool_size=_KEPT,
        max_overflow=_MORE,
        pool_timeout=PATIENCE_S,
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # Otherwise the driver would begin its own kind of transactions.
    connection.autocommit = True


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writing, migrating = options.get("writing", False), options.get("migrating", False)
    patience_s = options.get("patience_s")
    wait_ms = round(1000 * (PATIENCE_S if patience_s is None else max(patience_s, 0.001)))
    # A migration takes its lock by a query, which must see what was committed before it.
    level = "READ COMMITTED" if migrating else "REPEATABLE READ"
    statements = [
        f"BEGIN ISOLATION LEVEL {level}, READ {'WRITE' if writing else 'ONLY'}",
        f"SET LOCAL lock_timeout = {wait_ms}",
        f"SET LOCAL statement_timeout = {0 if migrating else wait_ms}",
    ]
    if writing:
        # A process that was stopped in a transaction does not keep all others waiting.
        idle_ms = 0 if migrating else round(1000 * PATIENCE_S)
        statements.append(f"SET LOCAL idle_in_transaction_session_timeout = {idle_ms}")
    if writing and not migrating:
        # Before any query: the first one takes the snapshot.
        statements.append(f"LOCK TABLE {_WRITERS} IN EXCLUSIVE MODE")
    if options.get("durable", False):
        statements.append(_DURABLE)
    _execute(connection, "; ".join(statements))


_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
"""Commits wait for the server's disk, even where its settings say otherwise."""


def _execute(connection: Connection, statements: str) -> None:
    """Execute them in one round trip. Errors are SQLAlchemy's."""
    import psycopg

    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(statements, prepare=False)
    except psycopg.Error as error:
        if driver.closed:
            # The server was restarted, and so the other idle connections are broken too.
            connection.invalidate(error)
            connection.engine.dispose()
        raise DBAPIError.instance(
            statements,
            None,
            error,
            psycopg.Error,
            connection_invalidated=bool(driver.closed),
            dialect=connection.dialect,
        ) from error


def passes(error: DBAPIError) -> bool:
    """Whether the reason for an error of the driver passes by itself: the same work, done again
    after a moment, may succeed."""
    orig: Any = error.orig
    if not type(orig).__module__.startswith("psycopg"):
        return False
    if orig.sqlstate is None:
        # The driver has no state for a connection that fails, only the words of the library.
        return _is_unreachable(str(orig)) or error.connection_invalidated
    return orig.sqlstate in _PASSING_STATES or orig.sqlstate.startswith("08")


def _is_unreachable(message: str) -> bool:
    return any(words in message.lower() for words in _UNREACHABLE)


def postgresql_hint(error: DBAPIError) -> str:
    """The hint for an error of the driver; empty if there is none."""
    match getattr(error.orig, "sqlstate", None):
        case "55P03" | "57014":
            return "Another program keeps the database locked: end it, or try again."
        case "53100":
            return "Free some space on the server's disk."
        case "25006":
            return "Name a server that may be written to, not a replica."
    return "Is the server running?" if passes(error) else ""


class Turn:
    """Lets one thread of this process write at a time.

    Those that wait do so without a connection, and so cannot keep the writer from a second one, by
    which it reads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, where: str, patience_s: float | None) -> Iterator[None]:
        """Within the block no other thread writes. Raises `StoreError` after `patience_s`."""
        if not self._lock.acquire(timeout=PATIENCE_S if patience_s is None else patience_s):
            raise StoreError(f"{where}: another thread of this program is still writing.")
        try:
            yield
        finally:
            self._lock.release()


class Listener:
    """Counts the announcements of the server in a thread, by a connection of its own.

    The thread starts when the number is asked for the second time: only then was something kept
    from the first time that may have become old.
    """

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._news = 0
        self._asked = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        """Ends the thread when it is closed."""

    @property
    def news(self) -> int:
        """Grows with each announcement, and when announcements may have been missed."""
        if self._thread is None:
            with self._lock:
                if self._asked and self._thread is None:
                    self._start()
                self._asked = True
        return self._news

    def close(self) -> None:
        """End the thread. It starts again when it is needed."""
        with self._lock:
            thread, self._thread, self._asked = self._thread, None, False
        if thread is not None and self._wake is not None:
            self._wake.close()
            thread.join()

    def _start(self) -> None:
        self._wake, end = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, args=(end,), name="tinyarms-news", daemon=True
        )
        self._thread.start()

    def _run(self, end: socket.socket) -> None:
        import psycopg

        with end:
            while not _is_closed(end, 0):
                with suppress(psycopg.Error, SQLAlchemyError, StoreError, OSError):
                    self._listen(end)
                self._news += 1
                if _is_closed(end, _LISTEN_AGAIN_S):
                    return

    def _listen(self, end: socket.socket) -> None:
        """Count until the connection breaks or the listener is closed."""
        pooled = self._engine().raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()  # it never returns to the pool
        try:
            driver.execute(f"LISTEN {NEWS}")
            self._news += 1
            while not _is_closed(end, None, driver):
                self._news += sum(1 for _ in driver.notifies(timeout=0))
        finally:
            driver.close()


def _is_closed(end: socket.socket, patience_s: float | None, *others: Any) -> bool:
    """Whether the other end is closed; waits for it, or until one of the others can be read."""
    ready, _, _ = select.select([end, *others], [], [], patience_s)
    return end in ready
