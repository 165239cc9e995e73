"""The store: opens a database, migrates it, hands out units of work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, RootTransaction, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from tinyarms.core.errors import ConflictError, StoreError
from tinyarms.core.text import without_login
from tinyarms.store.db.cut_off import CutOff, repeated
from tinyarms.store.db.group_commit import First, GroupCommit, Job
from tinyarms.store.db.migrate import HEAD, migrate, schema_of
from tinyarms.store.db.postgresql import (
    PATIENCE_S,
    Listener,
    Turn,
    passes,
    postgresql_engine,
    postgresql_hint,
)
from tinyarms.store.db.sqlite import sqlite_engine, sqlite_hint
from tinyarms.store.db.unit_of_work import UnitOfWork

_PATIENCE_AT_END_S = 1.0
"""Longest wait in seconds for a writer while Ctrl-C ends the program. Higher: less is left behind,
such as a lease, and Ctrl-C may take longer."""

_Result = TypeVar("_Result")


class Store:
    """An open database. Threads may share it: each unit of work has its own connection."""

    read_only = False
    """Whether nothing can be written to it."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self.where = where
        """The file or URL, without password, for messages."""
        self._soon = GroupCommit(lambda: self._work(writing=True))
        self._here = threading.local()
        self._turn = Turn()
        self._listener = Listener(lambda: self._engine)

    def unit_of_work(self, durable: bool = False) -> AbstractContextManager[UnitOfWork]:
        """One transaction: commits at the end, rolls back if an exception leaves it.

        `durable`: committed rows survive a power cut. Without it, a power cut may lose the newest
        commits, but no earlier one; a killed process loses nothing either way. Do not nest units of
        work in a thread: there is one writer at a time. Raises `StoreError`, `CutOff` if the
        database ended it, and `ConflictError` if a key is taken or a referenced row does not exist.
        """
        return self._writing_work(durable)

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """One read-only transaction, which does not wait for writers of other processes.

        It sees one moment: all that this process has written, including by `write_soon`, and no
        change of others while it reads. Raises `StoreError`, and `CutOff` if the database ended it.
        """
        if not self._is_writing:
            self._flush()
        return self._work(postgresql_readonly=True)

    def repeated(self, job: Callable[[], _Result]) -> _Result:
        """Do the job, which has units of work and is safe to repeat, again if one is cut off.

        Unlike a unit of work, which is only begun again, it survives a restart of the database at
        any moment. In an `impatient` block it is done once. Raises `StoreError`.
        """
        return repeated(job) if self._patience is None else job()

    @contextmanager
    def impatient(self, seconds: float | None) -> Iterator[None]:
        """Within the block, this thread waits at most `seconds` for a writer, then raises
        `StoreError`. `None`: it waits as long as usual."""
        before, self._here.patience = self._patience, seconds
        try:
            yield
        finally:
            self._here.patience = before

    def cleaning_up(self, error: BaseException) -> AbstractContextManager[None]:
        """Within the block, which cleans up after the error, this thread waits for a writer.

        After Ctrl-C it waits only a moment, then raises `StoreError`: the writer may be a unit of
        work that Ctrl-C has cut off in this thread.
        """
        return self.impatient(None if isinstance(error, Exception) else _PATIENCE_AT_END_S)

    def write_soon(self, job: Job, first: First | None = None) -> None:
        """Write in the background, in the order of arrival, several jobs in one transaction.

        Every later unit of work of this process sees it. A job must be safe to repeat; a failed job
        is logged. `first` is called once before the job, outside of the transaction.
        """
        self._soon.add(job, first)

    @property
    def news(self) -> int:
        """A number that another one follows, within moments, when a process has stored which
        prompts serve tasks: a release, a holdback, or the state of a live test.

        What was read before belongs to the number before. On SQLite it is always 0.
        """
        return self._listener.news if self._is_on_postgresql else 0

    def close(self) -> None:
        """Write the waiting jobs and close all connections."""
        self._soon.close()
        self._listener.close()
        self._engine.dispose()

    @property
    def _is_on_postgresql(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    @property
    def _is_writing(self) -> bool:
        """Whether this thread is in a unit of work, for which the background thread would wait."""
        return getattr(self._here, "writing", False)

    @property
    def _patience(self) -> float | None:
        return getattr(self._here, "patience", None)

    def _flush(self) -> None:
        if self._soon.waiting and not self._soon.flush(self._patience):
            raise StoreError(f"{self.where}: earlier records are not written yet.")

    @contextmanager
    def _writing_work(self, durable: bool) -> Iterator[UnitOfWork]:
        self._flush()
        with self._work(writing=True, durable=durable) as work:
            self._here.writing = True
            try:
                yield work
            finally:
                self._here.writing = False

    @contextmanager
    def _work(self, **options: Any) -> Iterator[UnitOfWork]:
        with self._turn_to_write(options):
            transaction, has_read = self._begun(options), False
            try:
                with translated(self.where), transaction.connection, transaction:
                    yield UnitOfWork(transaction.connection)
                    has_read = not options.get("writing", False)
            except CutOff:
                if not has_read:  # what was read is whole, even if its end is cut off
                    raise

    def _turn_to_write(self, options: Mapping[str, Any]) -> AbstractContextManager[None]:
        if self._is_on_postgresql and options.get("writing", False):
            return self._turn.taken(self.where, self._patience)
        return nullcontext()

    def _begun(self, options: Mapping[str, Any]) -> RootTransaction:
        """A transaction on a connection of its own. One that is cut off here is begun again."""

        def begin() -> RootTransaction:
            with translated(self.where):
                connection = self._engine.connect()
                try:
                    connection = connection.execution_options(patience_s=self._patience, **options)
                    return connection.begin()
                except BaseException:
                    connection.close()
                    raise

        # Who is impatient has an answer of another kind; a connection that is broken since its last
        # use is replaced all the same.
        tries = None if self._patience is None else 2
        return repeated(begin, tries=tries, patience_s=PATIENCE_S)


def open_store(url_or_path: str | Path) -> Store:
    """Open and migrate a database: a path, `sqlite:///…` or `postgresql://…`.

    A missing SQLite file and its folder are made. Raises `StoreError`.
    """
    url = parse_url(url_or_path)
    where = shown_url(url)
    engine = open_engine(url, where)
    try:
        _bring_up_to_date(engine, where)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, where)


def _bring_up_to_date(engine: Engine, where: str) -> None:
    with translated(where):
        with engine.connect() as connection, connection.begin():
            if schema_of(connection) == HEAD:
                return
        with engine.connect() as plain:
            connection = plain.execution_options(writing=True, durable=True, migrating=True)
            with connection.begin():
                migrate(connection, where)


def parse_url(url_or_path: str | Path) -> URL:
    """The URL of a database. Raises `StoreError` if the text is neither a path nor a URL."""
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return URL.create("sqlite", database=str(url_or_path))
    try:
        return make_url(url_or_path)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            f"{without_login(url_or_path)!r} is no database URL.",
            "Give a path, sqlite:///… or postgresql://…",
        ) from error


def is_sqlite(url: URL) -> bool:
    """Whether the database is a SQLite file."""
    return url.get_backend_name() == "sqlite"


def shown_url(url: URL) -> str:
    """A database's file or URL for messages, with the password masked."""
    if is_sqlite(url):
        return url.database or ""
    if "password" in url.query:
        url = url.update_query_dict({"password": "***"})
    return url.render_as_string(hide_password=True)


def open_engine(url: URL, where: str) -> Engine:
    """An engine for the database, not yet connected. Raises `StoreError`."""
    if is_sqlite(url):
        if url.database in (None, "", ":memory:"):
            raise StoreError("A SQLite database needs a file.", "Give its path.")
        return sqlite_engine(Path(str(url.database)))
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(f"{where}: only SQLite and PostgreSQL are supported.", "Use one of them.")
    try:
        return postgresql_engine(url)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{where}: the driver {error.name} is missing.", "pip install 'tinyarms[postgres]'"
        ) from error


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the database's exceptions into one-line `StoreError`, `CutOff` or `ConflictError`."""
    try:
        yield
    except SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        kind: type[StoreError] = ConflictError if isinstance(error, IntegrityError) else StoreError
        hint = sqlite_hint(message)
        if isinstance(error, DBAPIError):
            kind = CutOff if passes(error) else kind
            hint = postgresql_hint(error) or hint
        raise kind(f"{where}: {message}.", hint) from error
