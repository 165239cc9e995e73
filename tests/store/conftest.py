"""Every repository test runs on a SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgresql import Server
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.tables import metadata


@pytest.fixture(scope="session")
def postgresql_url(postgresql: Server) -> str:
    """The URL of the server's first database, which the tests of repositories share."""
    return postgresql.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; tests copy it."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    open_store(path).close()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgresql_url: str) -> Iterator[Store]:
    store = open_store(postgresql_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "tinyarms.db"
    shutil.copyfile(migrated_file, path)
    store = open_store(path)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    yield request.getfixturevalue("migrated_server")
    engine = create_engine(request.getfixturevalue("postgresql_url"))
    tables = ", ".join(f'"{name}"' for name in metadata.tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    engine.dispose()
