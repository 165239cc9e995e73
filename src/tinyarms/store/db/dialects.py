"""Statements that differ between SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Insert, Select, Table, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from tinyarms.store.db.rows import to_row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    class _WithId(DataclassInstance, Protocol):
        @property
        def id(self) -> str: ...


_Record = TypeVar("_Record", bound="_WithId")

_COUNTING = {"preserve_rowcount": True}


def insert_or_ignore(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert unless a row with one of its unique keys exists. True if inserted."""
    statement = _insert_or_ignore(_is_postgresql(connection), table)
    return connection.execute(statement, row, execution_options=_COUNTING).rowcount == 1


def insert_record_or_ignore(
    connection: Connection, table: Table, record: DataclassInstance, **columns: Any
) -> bool:
    """The same for a record; `columns` are added to its fields or replace them."""
    statement, row = _insert_or_ignore(_is_postgresql(connection), table), to_row(record) | columns
    return connection.execute(statement, row, execution_options=_COUNTING).rowcount == 1


def insert_new(
    connection: Connection, table: Table, records: Sequence[_Record]
) -> Sequence[_Record]:
    """Insert records unless rows with their ids exist; returns those that were inserted.

    Several take two statements on SQLite, where nobody else writes meanwhile.
    """
    if len(records) == 1 or _is_postgresql(connection):
        return [each for each in records if insert_record_or_ignore(connection, table, each)]
    by_id = {each.id: each for each in reversed(records)}  # The first of an id counts.
    there = set(connection.scalars(_ids_in(table), {"ids": list(by_id)}))
    new = [each for each in records if by_id[each.id] is each and each.id not in there]
    insert_all_or_ignore(connection, table, [to_row(each) for each in new])
    return new


def insert_all_or_ignore(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows whose unique keys do not exist yet."""
    if rows:
        connection.execute(_insert_or_ignore(_is_postgresql(connection), table), rows)


def add_to(
    connection: Connection, table: Table, key: Mapping[str, Any], amounts: Mapping[str, float]
) -> None:
    """Add the amounts to the columns of the row with this key; insert a missing row."""
    statement = _add_to(_is_postgresql(connection), table, tuple(key), tuple(amounts))
    connection.execute(statement, {**key, **amounts})


# Building a statement takes longer than running it.
@cache
def _insert_or_ignore(on_postgresql: bool, table: Table) -> Insert:
    insert = postgresql.insert if on_postgresql else sqlite.insert
    return insert(table).on_conflict_do_nothing()


@cache
def _ids_in(table: Table) -> Select[Any]:
    return select(table.c.id).where(table.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _add_to(
    on_postgresql: bool, table: Table, key: tuple[str, ...], amounts: tuple[str, ...]
) -> Insert:
    statement = (postgresql.insert if on_postgresql else sqlite.insert)(table)
    sums = {name: table.c[name] + statement.excluded[name] for name in amounts}
    return statement.on_conflict_do_update(index_elements=key, set_=sums)


def one_migration_at_a_time(connection: Connection) -> None:
    """Wait until every other unit of work that called this has ended.

    On SQLite any two writers wait for each other, and on PostgreSQL any that do not migrate.
    """
    if _is_postgresql(connection):
        key = func.hashtextextended("migrate", 0)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


NEWS = "tinyarms"
"""The channel by which a PostgreSQL server tells all processes that a prompt or a test changed."""


def announce(connection: Connection) -> None:
    """Tell all processes, once this unit of work is stored, that other prompts serve tasks now.

    SQLite cannot; there the files that are written tell it.
    """
    if _is_postgresql(connection):
        connection.execute(text(f"NOTIFY {NEWS}"))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
