"""Inspect a database without changing it: no migration, no new file, no write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError

from tinyarms.store.db.database import is_sqlite, open_engine, parse_url, shown_url, translated
from tinyarms.store.db.migrate import SchemaState, schema_of, state_of
from tinyarms.store.db.migrate import has_rows as rows_exist
from tinyarms.store.db.sqlite import (
    BUSY_TIMEOUT_MS,
    NOT_UTF_8,
    foreign_key_damage,
    integrity_damage,
    is_damage,
    read_unchanged,
    take_write_lock,
)
from tinyarms.store.db.tables import metadata
from tinyarms.store.db.unit_of_work import UnitOfWork

_Rows = TypeVar("_Rows")


@dataclass(frozen=True)
class Inspection(Generic[_Rows]):
    """The result of an inspection."""

    where: str
    """The file or URL, without password."""
    kind: Literal["sqlite", "postgresql"]
    schema: str | None
    """The revision of its schema; `None`: there is none, or it cannot be read."""
    state: SchemaState | Literal["missing"]
    """How its schema compares with this program's; `missing`: there is no file."""
    has_rows: bool
    damage: tuple[str, ...]
    """Damage that SQLite reports; always empty for PostgreSQL."""
    lacks: tuple[str, ...]
    """Missing tables, and missing columns as `table.column`."""
    rows: _Rows | None
    """The result of `read_rows`; `None` if the rows cannot be trusted."""


def inspect_database(
    url_or_path: str | Path,
    read_rows: Callable[[UnitOfWork], _Rows],
    patience_s: float = BUSY_TIMEOUT_MS / 1000,
) -> Inspection[_Rows]:
    """Inspect a database; call `read_rows` if it is undamaged and its schema is current.

    Other processes may write meanwhile. `read_rows` may be called twice. `patience_s`: seconds to
    wait for a process that keeps a SQLite file to itself. Raises `StoreError` if the database
    cannot be reached or opened.
    """
    url = parse_url(url_or_path)
    where = shown_url(url)
    if not is_sqlite(url):
        engine = open_engine(url, where)
        try:
            with translated(where), engine.connect() as plain:
                connection = plain.execution_options(postgresql_readonly=True)
                with connection.begin():
                    return _inspected(connection, where, read_rows)
        finally:
            engine.dispose()
    path = Path(url.database or "")
    if not path.exists():
        return Inspection(where, "sqlite", None, "missing", False, (), (), None)
    with translated(where):
        return read_unchanged(
            path, lambda connection: _inspected(connection, where, read_rows), patience_s
        )


def check_not_locked(url_or_path: str | Path, patience_s: float) -> None:
    """Raise `StoreError` if another process keeps a SQLite file locked for so long.

    Nothing is written. PostgreSQL has no such lock.
    """
    url = parse_url(url_or_path)
    path = Path(url.database or "")
    if is_sqlite(url) and path.exists():
        with translated(shown_url(url)):
            take_write_lock(path, patience_s)


def _inspected(
    connection: Connection, where: str, read_rows: Callable[[UnitOfWork], _Rows]
) -> Inspection[_Rows]:
    on_sqlite = connection.dialect.name == "sqlite"
    kind: Literal["sqlite", "postgresql"] = "sqlite" if on_sqlite else "postgresql"
    damage: list[str] = []
    with _noted(damage):
        if on_sqlite:
            damage += integrity_damage(connection)
    schema: str | None = None
    state: SchemaState = "empty"
    lacks: tuple[str, ...] = ()
    has_rows = False
    rows: _Rows | None = None
    with _noted(damage):
        schema = schema_of(connection)
        state = state_of(schema)
        has_rows = rows_exist(connection)
        if state == "current":
            lacks = tuple(_lacking(connection))
        if state == "current" and not lacks and on_sqlite and not damage:
            damage += foreign_key_damage(connection)
        if state == "current" and not lacks and not damage:
            rows = read_rows(UnitOfWork(connection))
    return Inspection(where, kind, schema, state, has_rows, tuple(damage), lacks, rows)


@contextmanager
def _noted(damage: list[str]) -> Iterator[None]:
    """Record SQLite's report of a damaged file as damage. Other exceptions stay errors."""
    try:
        yield
    except DatabaseError as error:
        if type(error) is not DatabaseError and not is_damage(error.orig):
            raise
        message = str(error.orig)
        if message not in damage:
            damage.append(message)
    except UnicodeDecodeError:
        damage.append(NOT_UTF_8)


def _lacking(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in tables:
            yield table.name
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                yield f"{table.name}.{column.name}"
