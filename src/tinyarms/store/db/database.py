"""The store: opens a database, migrates it, hands out units of work."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sqlalchemy import URL, Engine, RootTransaction, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from tinyarms.core.errors import ConflictError, DatabaseDamaged, StoreError
from tinyarms.core.text import without_login
from tinyarms.store.db.copies import back_up_beside, check_not_set_aside, way_back
from tinyarms.store.db.cut_off import CutOff, repeated
from tinyarms.store.db.group_commit import First, GroupCommit, Job, Keep, Line
from tinyarms.store.db.kept_files import quarantine
from tinyarms.store.db.migrate import HEAD, is_worth_a_backup, migrate, schema_of
from tinyarms.store.db.outage import StillWriting
from tinyarms.store.db.postgresql import (
    PATIENCE_S,
    Listener,
    Turn,
    passes,
    postgresql_engine,
    postgresql_hint,
)
from tinyarms.store.db.sqlite import (
    NOT_UTF_8,
    copy_long_log,
    is_damage,
    sqlite_engine,
    sqlite_hint,
)
from tinyarms.store.db.together import Together, Turns, Writer, write_alone
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.journal import Journal

_PATIENCE_AT_END_S = 1.0
"""Longest wait in seconds for a writer while Ctrl-C ends the program. Higher: less is left behind,
such as a lease, and Ctrl-C may take longer."""

_Result = TypeVar("_Result")

RETRY_AFTER_S = 1.0
"""Seconds after a failure in which a server is not tried again: the same error is raised at once. A
file is tried each time, which takes no time. Higher: fewer attempts, and a server that is back is
noticed later."""
_LONGEST_OPENING_S = 10.0
"""Seconds to wait for another thread that opens it. Higher: a long migration is waited for, and a
database that hangs is reported later."""
_LONGEST_TURN_S = 20.0
"""Longest wait for a turn in seconds; then only SQLite's own lock counts. Higher: the order holds
under a higher load, and a program that keeps the folder's lock without reason delays longer."""
_FAILED_READ = "disk I/O error"
"""SQLite's words after which its connections are not used again."""
_READ_ONLY = "readonly database"
"""SQLite's words when a connection cannot write."""
_BEGIN_AGAIN_S = (0.0, 0.02, 0.1)
"""Seconds to wait before each further try to begin on a file that could not be written. More or
longer: a disk that is back is noticed at once even if other threads are slow to close their
connections, and a vote on a read-only file is refused later."""

_Identity = tuple[int, int]


@dataclass(frozen=True)
class _Fence:
    """A lease under which a block writes."""

    store: Store
    name: str
    token: int
    lost: Callable[[str | None], StoreError]


_FENCES: ContextVar[tuple[_Fence, ...]] = ContextVar("fences", default=())
"""Those of the `Store.fenced` blocks around the running code."""


class Store:
    """An open database. Threads may share it: each unit of work has its own connection."""

    read_only = False
    """Whether nothing can be written to it."""

    def __init__(self, engine: Engine | None, where: str) -> None:
        self._engine = engine
        self.where = where
        """The file or URL, without password, for messages."""
        self._soon = GroupCommit(lambda: self._work(writing=True), self._copy_log)
        self.has_kept = False
        """Whether `keep` of `keep_late` was called, and its lines are not known to be stored."""
        self._store_kept: Callable[[], object] | None = None
        self._here = threading.local()
        self._turn = Turn()
        self._together: Together | None = None
        self._making = threading.Lock()
        self._listener = Listener(self._ready_engine)

    def open(self) -> None:
        """Open it now, if it is not open. Raises `StoreError`."""

    def write_together(self, folder: Path, request: str, writer: Writer) -> str:
        """Write what a request asks for, on SQLite together with the requests of others that come
        meanwhile, in this process and in others: see `together`.

        On a server, and where nobody has written yet, it is written alone. Raises what `writer`
        raises.
        """
        if self._engine is None or self.is_on_server:
            return write_alone(request, writer)
        with self._making:
            together = self._together = self._together or Together()
        turns = Turns(lead=FileTurn(Path(f"{self.where}-wal")), next=FileTurn(folder))
        return together.write(turns, folder, request, writer, self._patience)

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

    def read_now(self) -> AbstractContextManager[UnitOfWork]:
        """The same without what `write_soon` has not written yet, for which it does not wait."""
        return self._work(postgresql_readonly=True)

    def write_now(self, durable: bool = False) -> AbstractContextManager[UnitOfWork]:
        """The same for one that writes. It may be called in any thread."""
        return self._work(writing=True, durable=durable)

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

    @contextmanager
    def fenced(
        self, name: str, token: int, lost: Callable[[str | None], StoreError]
    ) -> Iterator[None]:
        """Within the block, `unit_of_work` raises if the lease `name` has another token by now, or
        the database another schema.

        It looks in the same transaction, so nothing is written under a lease that was lost, or by
        a program that is older than the database. `lost` makes the error, of who holds the lease
        now. It holds in this thread, and in threads that are given its `contextvars` context.
        """
        before = _FENCES.set((*_FENCES.get(), _Fence(self, name, token, lost)))
        try:
            yield
        finally:
            _FENCES.reset(before)

    @contextmanager
    def unfenced(self) -> Iterator[None]:
        """Within the block, no lease around it counts: what it writes is about something else."""
        before = _FENCES.set(())
        try:
            yield
        finally:
            _FENCES.reset(before)

    def write_soon(
        self,
        job: Job,
        first: First | None = None,
        line: Line | None = None,
        key: str | None = None,
    ) -> None:
        """Write in the background, in the order of arrival, several jobs in one transaction.

        Every later unit of work of this process sees it. A job must be safe to repeat; a failed job
        is logged. `first` is called once before the job, outside of the transaction. `line`: what
        is handed to `keep_late` if the database does not take the job in time. `key`: of what it
        writes, for `will_write`.
        """
        self._soon.add(job, first, line, key)

    def will_write(self, key: str) -> bool:
        """Whether a job of `write_soon` with this key is not written yet."""
        return self._soon.has(key)

    def settle(self, patience_s: float) -> None:
        """See to it that a killed process loses nothing of what `write_soon` was given: wait until
        it is written, unless it is in the journal of `keep_late`. What takes longer than
        `patience_s` is handed to `keep_late`."""
        self._soon.settle(patience_s)

    def keep_late(
        self, keep: Keep, store_kept: Callable[[], object], journal: Journal | None = None
    ) -> None:
        """From now on, hand the lines of jobs that the database does not take in time to `keep`.
        `journal`: what has the lines until the jobs are written; not for a server, because the
        machine may be gone with its disk when that has to be read.

        While `has_kept`, `store_kept` is called before units of work that wait as long as usual, so
        that they see what was kept.
        """
        self._soon.keep, self._store_kept = keep, store_kept
        self._soon.journal = None if self.is_on_server else journal

    @property
    def is_late(self) -> bool:
        """Whether the database does not take what `write_soon` writes in time."""
        return self._soon.is_late

    @property
    def is_on_server(self) -> bool:
        """Whether it is on a PostgreSQL server, which several machines may use."""
        return self._engine is not None and is_of_server(self._engine)

    @property
    def reads_at_once(self) -> bool:
        """Whether `read_now` waits for nobody: it is an open SQLite file, and readers of it wait
        neither for its writers nor for a network."""
        return self._engine is not None and not self.is_on_server

    @property
    def news(self) -> int:
        """A number that another one follows, within moments, when a process has stored which
        prompts serve tasks: a release, a holdback, or the state of a live test.

        What was read before belongs to the number before. On SQLite it is always 0.
        """
        return 0 if self._engine is None or not self.is_on_server else self._listener.news

    def close(self) -> None:
        """Write the waiting jobs and close all connections."""
        if self._together is not None:
            self._together.close()
        self._soon.close()
        if self._engine is not None:
            if is_of_server(self._engine):
                self._listener.close()
            self._engine.dispose()

    @property
    def _is_writing(self) -> bool:
        """Whether this thread is in a unit of work, for which the background thread would wait."""
        return getattr(self._here, "writing", False)

    @property
    def _patience(self) -> float | None:
        return getattr(self._here, "patience", None)

    def _copy_log(self) -> None:
        if self._engine is not None:
            copy_long_log(self._engine)

    def _flush(self) -> None:
        if self._soon.waiting and not self._soon.flush(self._patience):
            raise StillWriting(f"{self.where}: earlier records are not written yet.")
        if self.has_kept and self._store_kept is not None and self._patience is None:
            self._store_kept()

    @contextmanager
    def _writing_work(self, durable: bool) -> Iterator[UnitOfWork]:
        self._flush()
        with self._work(writing=True, durable=durable) as work:
            self._here.writing = True
            try:
                fences = _FENCES.get()
                if fences:
                    work.check_schema(self.where)
                for fence in fences:
                    if fence.store is self and work.leases.token(fence.name) != fence.token:
                        raise fence.lost(work.leases.holder(fence.name))
                yield work
            finally:
                self._here.writing = False

    def _ready_engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    @contextmanager
    def _work(self, **options: Any) -> Iterator[UnitOfWork]:
        engine = self._ready_engine()
        if is_of_server(engine):
            with self._turn_to_write(options):
                transaction = self._begun(options)
                with translated(self.where), transaction.connection, transaction:
                    yield UnitOfWork(transaction.connection)
            return
        until = None if self._patience is None else time.monotonic() + self._patience
        durable = options.pop("durable", False)
        with self._turn_to_write(options), translated(self.where):
            with self.impatient(None if until is None else max(0.0, until - time.monotonic())):
                transaction = self._begin(options)
            with transaction.connection, transaction:
                yield UnitOfWork(transaction.connection)
        if durable:
            # After the turn: the next writer need not wait for the disk.
            _sync_log(Path(self.where))

    def _turn_to_write(self, options: Mapping[str, Any]) -> AbstractContextManager[None]:
        if not options.get("writing", False):
            return nullcontext()
        if self.is_on_server:
            return self._turn.taken(self.where, self._patience)
        return turn_to_write(Path(self.where).parent, self._patience)

    def _begun(self, options: Mapping[str, Any]) -> RootTransaction:
        """A transaction on a server. One that is cut off here is begun again."""
        # Who is impatient has an answer of another kind; a connection that is broken since its last
        # use is replaced all the same.
        tries = None if self._patience is None else 2

        def begin() -> RootTransaction:
            with translated(self.where):
                return self._begin(options)

        return repeated(begin, tries=tries, patience_s=PATIENCE_S)

    def _begin(self, options: Mapping[str, Any]) -> RootTransaction:
        """A transaction on a connection of its own. Raises SQLAlchemy's exceptions."""
        engine, patience_s = self._ready_engine(), self._patience
        connection = engine.connect()
        try:
            connection = connection.execution_options(patience_s=patience_s, **options)
            return connection.begin()
        except BaseException:
            connection.close()
            raise


class ReopeningStore(Store):
    """A database that need not be there.

    Each unit of work opens it if it is not open, and again if its SQLite file is another one than
    before, by device and inode: what is written into a deleted file is lost. Making one raises
    nothing; units of work raise `StoreError` while the database cannot be used. A SQLite file that
    vanishes is not made anew by the process that had it open: it may be about to come back.
    """

    def __init__(self, address: str | Path) -> None:
        self._address = address
        self._file: Path | None = None
        self._identity: _Identity | None = None
        self._opening = threading.RLock()
        self._failed: tuple[float, str, str] | None = None
        self._is_in_a_file = isinstance(address, Path) or not address.startswith("postgres")
        super().__init__(None, str(address))
        self.where = without_login(str(address))

    def open(self) -> None:
        self._ready_engine()

    @property
    def is_on_server(self) -> bool:
        return not self._is_in_a_file

    @property
    def reads_at_once(self) -> bool:
        return super().reads_at_once and self._is_same()

    @contextmanager
    def _work(self, **options: Any) -> Iterator[UnitOfWork]:
        try:
            with super()._work(**options) as work:
                yield work
        except StoreError as error:
            if isinstance(error, DatabaseDamaged) or _FAILED_READ in error.message:
                self._let_go()
            raise
        if options.get("writing") and not self._is_same():
            raise StoreError(f"{self.where}: was replaced while it was written.", "Try again.")

    def _begin(self, options: Mapping[str, Any]) -> RootTransaction:
        engine = self._engine
        try:
            return super()._begin(options)
        except DBAPIError as error:
            if not _is_read_only(error):
                raise
        with self._while_no_other_opens():
            if engine is None or self._engine is engine:
                self._let_go()
            for pause_s in _BEGIN_AGAIN_S:
                try:
                    return super()._begin(options)
                except DBAPIError as error:
                    if not _is_read_only(error):
                        raise
                self._let_go()
                time.sleep(pause_s)
            return super()._begin(options)

    def _ready_engine(self) -> Engine:
        engine = self._engine
        if engine is not None and self._is_same():
            return engine
        with self._while_no_other_opens():
            if self._engine is not None and self._is_same():
                return self._engine
            self._raise_recent_failure()
            try:
                return self._opened()
            except StoreError as error:
                if not self._is_in_a_file:
                    # Not the error: its frames keep connections open.
                    self._failed = time.monotonic(), error.message, error.hint
                raise

    @contextmanager
    def _while_no_other_opens(self) -> Iterator[None]:
        """Within the block no other thread opens the database. Raises `StoreError`."""
        if not self._opening.acquire(timeout=_LONGEST_OPENING_S):
            raise StoreError(f"{self.where}: does not answer.", "Is it running and not locked?")
        try:
            yield
        finally:
            self._opening.release()

    def _raise_recent_failure(self) -> None:
        if self._failed is not None:
            at, message, hint = self._failed
            if time.monotonic() - at < RETRY_AFTER_S:
                raise StoreError(message, hint)
            self._failed = None

    def _opened(self) -> Engine:
        self._let_go()
        url = parse_url(self._address)
        self.where = shown_url(url)
        if self._identity is not None and _identity_of(self._file) is None:
            raise StoreError(
                f"{self.where}: is not there any more.",
                "Put it back, or restore a backup. Any new command begins with an empty one.",
            )
        engine = open_engine(url, self.where)
        try:
            bring_up_to_date(engine, self.where)
        except BaseException:
            engine.dispose()
            raise
        self._file = _file_of(url)
        self._identity = _identity_of(self._file)
        self._engine = engine
        return engine

    def _let_go(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _is_same(self) -> bool:
        """Whether the file is the one that was opened; a server always is."""
        return self._file is None or _identity_of(self._file) == self._identity


def open_store(url_or_path: str | Path) -> Store:
    """Open and migrate a database: a path, `sqlite:///…` or `postgresql://…`.

    A missing SQLite file and its folder are made; one that is damaged is moved aside with its log.
    Raises `StoreError`.
    """
    url = parse_url(url_or_path)
    where = shown_url(url)
    engine = open_engine(url, where)
    try:
        bring_up_to_date(engine, where)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, where)


def bring_up_to_date(engine: Engine, where: str) -> None:
    """Migrate the database, if its schema is not current; first, a SQLite file is backed up.

    Raises `StoreError`, and `DatabaseDamaged` after a damaged SQLite file was moved aside.
    """
    file = Path(where) if engine.dialect.name == "sqlite" else None
    if file is not None:
        check_not_set_aside(file)
    try:
        with translated(where):
            with engine.connect() as connection, connection.begin():
                if schema_of(connection) == HEAD:
                    return
            with engine.connect() as plain:
                connection = plain.execution_options(writing=True, durable=True, migrating=True)
                with connection.begin():
                    if file is not None and is_worth_a_backup(connection):
                        back_up_beside(file, schema_of(connection))
                    migrate(connection, where)
    except DatabaseDamaged as error:
        if file is None:
            raise
        engine.dispose()
        raise _set_aside(file, error) from error


def _set_aside(path: Path, error: DatabaseDamaged) -> DatabaseDamaged:
    """The error, after the damaged file was moved aside, if nobody else has it open."""
    try:
        aside = quarantine(path)
    except StoreError as refused:
        return DatabaseDamaged(f"{error.message} {refused.message}", refused.hint)
    return DatabaseDamaged(f"{error.message} It was moved to {aside.name}.", way_back(path))


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
    secret = dict.fromkeys((key for key in url.query if "pass" in key.lower()), "***")
    url = url.update_query_dict(secret)
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
        if is_damage(getattr(error, "orig", None)):
            kind = DatabaseDamaged
        raise kind(f"{where}: {message}.", hint) from error
    except UnicodeDecodeError as error:  # of the driver: SQLite's own words name damaged texts
        raise DatabaseDamaged(f"{where}: {NOT_UTF_8}.", sqlite_hint("malformed")) from error


def is_of_server(engine: Engine) -> bool:
    """Whether it is of a PostgreSQL server, and not of a SQLite file."""
    return engine.dialect.name == "postgresql"


def _is_read_only(error: DBAPIError) -> bool:
    return _READ_ONLY in str(error.orig)


def _file_of(url: URL) -> Path | None:
    return Path(str(url.database)) if is_sqlite(url) else None


def _identity_of(file: Path | None) -> _Identity | None:
    """The device and inode of the file; `None` if it is not there."""
    if file is None:
        return None
    try:
        found = os.stat(file)  # noqa: PTH116 - every unit of work calls this
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _sync_log(path: Path) -> None:
    """Wait until all that was committed is on the disk. Raises `StoreError`.

    With `synchronous = NORMAL`, SQLite writes the log at each commit, and does not wait for the
    disk. Its order is that of the commits, so the log on the disk has all up to the newest.
    """
    try:
        log = os.open(f"{path}-wal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # Whoever closed the file last has copied it into the database and synced that.
    except OSError as error:
        raise _not_synced(path, error) from error
    try:
        os.fsync(log)
    except OSError as error:
        raise _not_synced(path, error) from error
    finally:
        os.close(log)


def _not_synced(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: disk I/O error ({error.strerror}).", sqlite_hint("disk I/O error"))


class _TurnsHere(threading.local):
    """The folders whose turn this thread has."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()


_TURNS_HERE = _TurnsHere()


@contextmanager
def turn_to_write(folder: Path, patience_s: float | None) -> Iterator[None]:
    """Within the block no other writer of a SQLite file that asks for a turn has one, here or in
    another process. Turns come in the order of asking.

    SQLite has one writer at a time. Whoever finds another one looks again later, ever more rarely,
    at last each 100 ms: whoever has come last looks most often and goes first, and on a busy
    machine some wait until their patience ends. So writers first take the lock of the database's
    folder (`flock`), which the kernel gives in the order of asking, and which leaves no file behind
    and ends with its process. It is only a courtesy: SQLite's own lock decides who writes.

    It begins without a turn if none came within `patience_s` (`None`: in 20 seconds), and where the
    folder cannot be locked.
    """
    if folder in _TURNS_HERE.folders:  # Another database in the same folder.
        yield
        return
    turn = FileTurn(folder)
    _TURNS_HERE.folders.add(folder)
    try:
        turn.take(patience_s)
        yield
    finally:
        _TURNS_HERE.folders.discard(folder)
        turn.give_back()


class FileTurn:
    """The lock of a folder or file. A thread waits for it, because `flock` has no time limit."""

    _open: ClassVar[set[FileTurn]] = set()
    """Those of this process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._users = 1
        """The caller, and the thread that waits: whoever is done last closes it."""
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            FileTurn._open.add(self)
        except OSError:
            self._descriptor = -1
        self._has_locks = True

    @property
    def is_possible(self) -> bool:
        """Whether there is such a folder or file, and its file system was not found to be without
        this lock."""
        return self._descriptor >= 0 and self._has_locks

    def take(self, patience_s: float | None) -> bool:
        """Wait for the lock, at most so many seconds, and never longer than 20 (`None`). Returns
        whether it came."""
        if self._descriptor < 0:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            longest_s = _LONGEST_TURN_S if patience_s is None else patience_s
            return longest_s > 0 and self._wait_by_thread(min(longest_s, _LONGEST_TURN_S))
        except OSError:
            self._has_locks = False
            return False
        return True

    def _wait_by_thread(self, patience_s: float) -> bool:
        self._users = 2
        try:
            threading.Thread(target=self._wait, name="tinyarms-turn", daemon=True).start()
        except RuntimeError:  # The interpreter ends, or there are too many threads.
            self._users = 1
            return False
        return self._came.wait(patience_s)

    def give_back(self) -> None:
        """Give the lock back. If it has not come yet, the thread does it once it has."""
        with self._lock:
            self._users -= 1
            if self._users or self._descriptor < 0:
                return
        FileTurn._open.discard(self)
        with suppress(OSError):
            # A process that is being forked has the same lock: it ends here for both.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def _wait(self) -> None:
        with suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._came.set()
        self.give_back()

    @classmethod
    def let_go_after_fork(cls) -> None:
        """Close those of the process that forked this one, which would otherwise have its locks for
        as long as this one lives. They stay its own."""
        for turn in cls._open:
            if turn._descriptor >= 0:
                os.close(turn._descriptor)
                turn._descriptor = -1
        cls._open.clear()


os.register_at_fork(after_in_child=FileTurn.let_go_after_fork)
