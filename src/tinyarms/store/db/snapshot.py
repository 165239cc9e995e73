"""One moment of a database as a store that nothing can be written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NoReturn, TypeVar

from sqlalchemy import StaticPool, create_engine

from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import Store
from tinyarms.store.db.group_commit import First, Job, Line
from tinyarms.store.db.tables import metadata
from tinyarms.store.db.unit_of_work import UnitOfWork

_Result = TypeVar("_Result")


class Snapshot(Store):
    """The rows that one open unit of work sees. It has no engine: every read is in that unit.

    Use cases that only read work on it; what would write raises `StoreError`.
    """

    read_only = True

    def __init__(self, work: UnitOfWork, where: str) -> None:
        self._reading = work
        self.where = where

    def read(self) -> AbstractContextManager[UnitOfWork]:
        return nullcontext(self._reading)

    read_now = read

    def unit_of_work(self, durable: bool = False) -> NoReturn:
        raise StoreError(f"{self.where}: is only read here.")

    def write_soon(
        self,
        job: Job,
        first: First | None = None,
        line: Line | None = None,
        key: str | None = None,
    ) -> NoReturn:
        raise StoreError(f"{self.where}: is only read here.")

    @property
    def reads_at_once(self) -> bool:
        return True

    def will_write(self, key: str) -> bool:
        return False

    @property
    def news(self) -> int:
        return 0

    def repeated(self, job: Callable[[], _Result]) -> _Result:
        return job()

    def close(self) -> None:
        """Nothing to close: the unit of work belongs to whoever opened it."""


@contextmanager
def empty_snapshot() -> Iterator[Snapshot]:
    """A database without rows, in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            metadata.create_all(connection)
            yield Snapshot(UnitOfWork(connection), "memory")
    finally:
        engine.dispose()
