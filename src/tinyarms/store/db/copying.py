"""Copy all rows of a database into another, empty one, of the same kind or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    URL,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import is_sqlite, open_engine, parse_url, shown_url, translated
from tinyarms.store.db.json_columns import TypedJson
from tinyarms.store.db.migrate import HEAD, migrate, schema_of
from tinyarms.store.db.rows import SessionStateType
from tinyarms.store.db.tables import metadata

_AT_ONCE = 500
"""Rows that are in memory, or one of a table with large values. Higher: fewer round trips, more
memory."""
_HASHES = 2**256


@dataclass(frozen=True)
class CopiedRows:
    """The result of a copy."""

    source: str
    """The file or URL of the database that was read, without password."""
    target: str
    """That of the one that was written."""
    counts: Mapping[str, int]
    """Table → rows."""


def copy_rows(source: str | Path, target: str | Path) -> CopiedRows:
    """Copy every row that `source` has at this moment, all of them or none.

    `target` is made or upgraded. In its transaction, every table is read back, and compared with
    what was read from `source` by the number of rows and a hash of all values. Raises `StoreError`
    if `source` is missing or has another schema than this program, if `target` has rows, or if
    they differ.
    """
    from_url, to_url = parse_url(source), parse_url(target)
    read_from, written_to = shown_url(from_url), shown_url(to_url)
    _check_source(from_url, read_from)
    made = is_sqlite(to_url) and not Path(to_url.database or "").exists()
    reading, writing = open_engine(from_url, read_from), open_engine(to_url, written_to)
    done = False
    try:
        counts = _copied(reading, writing, read_from, written_to)
        done = True
    finally:
        reading.dispose()
        writing.dispose()
        if made and not done:
            _remove(Path(to_url.database or ""))
    return CopiedRows(read_from, written_to, counts)


def _check_source(url: URL, where: str) -> None:
    if is_sqlite(url) and not Path(url.database or "").exists():
        raise StoreError(f"{where}: there is no database to copy.", "Nothing was recorded yet.")


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _copied(reading: Engine, writing: Engine, source: str, target: str) -> dict[str, int]:
    with translated(source), reading.connect() as old, old.begin():
        if (schema := schema_of(old)) != HEAD:
            raise StoreError(
                f"{source}: its schema is {schema}, not {HEAD}.", "Run: tinyarms db upgrade"
            )
        with translated(target), writing.connect() as plain:
            new = plain.execution_options(writing=True, durable=True, migrating=True)
            with new.begin():
                _check_empty(new, target)
                migrate(new, target)
                return {
                    table.name: _copy_table(old, new, table, target) for table in plain_tables()
                }


def _check_empty(connection: Connection, where: str) -> None:
    for name in sorted(metadata.tables.keys() & inspect(connection).get_table_names()):
        if connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first() is not None:
            raise StoreError(
                f"{where} is not empty: its table {name} has rows.", "Name an empty database."
            )


def _copy_table(old: Connection, new: Connection, table: Table, where: str) -> int:
    read, written = _Sum(), _Sum()
    statement = insert(table)
    try:
        for rows in rows_of(old, table):
            read.add(rows)
            new.execute(statement, rows)
        _continue_numbers(new, table)
        for rows in rows_of(new, table):
            written.add(rows)
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(f"{where}: {table.name} cannot be copied: {cause}.") from error
    if read != written:
        raise StoreError(
            f"{where}: {table.name} has {written.rows} rows after the copy, of {read.rows}, and "
            "not all are the same.",
            "Nothing was stored. Report it, please.",
        )
    return read.rows


def rows_of(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """All rows of a table of `plain_tables`, some at a time, each as column → value."""
    has_bytes = any(isinstance(column.type, LargeBinary) for column in table.columns)
    options = {"yield_per": 1 if has_bytes else _AT_ONCE}
    for rows in connection.execute(select(table), execution_options=options).partitions():
        yield [dict(row._mapping) for row in rows]


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let the numbers that the server gives go on after the copied ones; SQLite does so anyway."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    last = select(func.max(column)).scalar_subquery()
    following = func.coalesce(last + 1, 1)
    connection.execute(select(func.setval(sequence, following, False)))


@dataclass
class _Sum:
    """Rows of a table, whatever their order: their number, and the sum of their hashes."""

    rows: int = 0
    _hashes: int = field(default=0)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.rows += 1
            plain = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
            digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
            self._hashes = (self._hashes + int.from_bytes(digest)) % _HASHES


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return value


def plain_tables() -> Iterator[Table]:
    """All tables, those that others refer to first, with columns of plain values: what a row means
    is not asked, and so rows that only another version understands are copied too."""
    copy = MetaData()
    for table in metadata.sorted_tables:
        columns = [
            Column(
                column.name,
                _plain_type(column),
                primary_key=column.primary_key,
                autoincrement=column.autoincrement,
                nullable=column.nullable,
            )
            for column in table.columns
        ]
        yield Table(table.name, copy, *columns)


def _plain_type(column: Column[Any]) -> TypeEngine[Any]:
    if isinstance(column.type, SessionStateType):
        return String()
    if isinstance(column.type, TypedJson | JSON):
        return JSON(none_as_null=bool(column.nullable))
    return column.type
