"""A database from the code before schema 0002, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, text

import tinyarms.store.db.migrate as migrate_module

SQL = Path(__file__).parent / "database.sql"


def write_sqlite(path: Path) -> None:
    """Make the database file."""
    database = sqlite3.connect(path)
    database.executescript(SQL.read_text(encoding="utf-8"))
    database.close()


def write_postgresql(url: str, sqlite_file: Path) -> None:
    """The same rows in an empty database with the first schema."""
    source = create_engine(f"sqlite:///{sqlite_file}")
    target = create_engine(url)
    config = Config()
    folder = Path(str(migrate_module.__file__)).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with source.connect() as old, target.begin() as new:
        config.attributes["connection"] = new
        command.upgrade(config, "0001")
        tables = MetaData()
        tables.reflect(new)
        new.execute(text("SET session_replication_role = replica"))  # rows come in any order
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            read = MetaData()
            read.reflect(old, only=[table.name])
            rows = [dict(row._mapping) for row in old.execute(read.tables[table.name].select())]
            if rows:
                new.execute(table.insert(), [_utc(row) for row in rows])
    source.dispose()
    target.dispose()


def _utc(row: dict[str, object]) -> dict[str, object]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
