"""A store that opens when its database can be used, and again when its file was replaced."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine

from tinyarms.core.errors import StoreError
from tinyarms.core.text import without_login
from tinyarms.store.db.database import (
    Store,
    bring_up_to_date,
    is_sqlite,
    open_engine,
    parse_url,
    shown_url,
)
from tinyarms.store.db.unit_of_work import UnitOfWork

RETRY_AFTER_S = 1.0
"""Seconds after a failure in which the database is not tried again: the same error is raised at
once. Higher: fewer attempts, and a database that is back is noticed later."""
_LONGEST_OPENING_S = 10.0
"""Seconds to wait for another thread that opens it. Higher: a long migration is waited for, and a
database that hangs is reported later."""
_DAMAGE = ("not a database", "malformed", "disk I/O error")

_Identity = tuple[int, int]


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
        self._opening = threading.Lock()
        self._failed: tuple[float, StoreError] | None = None
        super().__init__(None, without_login(str(address)))

    def open(self) -> None:
        self._ready_engine()

    @contextmanager
    def _work(self, **options: Any) -> Iterator[UnitOfWork]:
        try:
            with super()._work(**options) as work:
                yield work
        except StoreError as error:
            if any(part in error.message for part in _DAMAGE):
                self._let_go()
            raise
        if options.get("writing") and not self._is_same():
            raise StoreError(f"{self.where}: was replaced while it was written.", "Try again.")

    def _ready_engine(self) -> Engine:
        engine = self._engine
        if engine is not None and self._is_same():
            return engine
        if not self._opening.acquire(timeout=_LONGEST_OPENING_S):
            raise StoreError(f"{self.where}: does not answer.", "Is it running and not locked?")
        try:
            if self._engine is not None and self._is_same():
                return self._engine
            self._raise_recent_failure()
            return self._opened()
        except StoreError as error:
            self._failed = self._failed or (time.monotonic(), error)
            raise
        finally:
            self._opening.release()

    def _raise_recent_failure(self) -> None:
        if self._failed is not None:
            at, error = self._failed
            if time.monotonic() - at < RETRY_AFTER_S:
                raise StoreError(error.message, error.hint)
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
