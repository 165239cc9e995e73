"""Fixtures that tests of several rooms share."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.forks import Processes
    from tests.postgresql import Server
    from tinyarms.models.embedded.model import EmbeddedModel

Migrate = Callable[["Connection", str], None]

# Helpers that check: what fails in them is shown as in a test.
pytest.register_assert_rewrite(
    "tests.kill_points",
    "tests.end_to_end.kills",
    "tests.end_to_end.story_kills",
    "tests.loop.crashes",
)

# A run in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

MEMORY = Path("/dev/shm")
"""Where there is room in it: thousands of commits need not wait for a disk."""
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

CACHE = Path(tempfile.gettempdir()) / f"tinyarms-tests-{os.getpid()}"
"""What tests and their processes find out about servers; not in the user's own folder."""
os.environ["TINYARMS_CACHE"] = os.environ["XDG_CACHE_HOME"] = str(CACHE)


@pytest.fixture(autouse=True)
def unknown_servers() -> Iterator[None]:
    """What a test finds out about a server is not known of the next server on its port."""
    yield
    memory = sys.modules.get("tinyarms.models.openai_api.server_memory")
    if memory is not None:
        memory.forget_servers()
    shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def quick_migrations() -> Iterator[None]:
    """A new SQLite database gets the schema that the migrations give it, without running them
    again: they take longer than many a test. Those of `tests/store` run them."""
    from tinyarms.store.db import database, migrate

    with pytest.MonkeyPatch.context() as patch:
        schema = Schema(database.migrate, migrate.HEAD)
        patch.setattr(database, "migrate", schema.migrate)
        yield


STORE = Path(__file__).parent / "store"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    Schema.is_quick = STORE not in item.path.parents


class Schema:
    """What the migrations make of an empty SQLite database."""

    is_quick: ClassVar[bool] = True
    """Whether the present test needs no migration to run."""

    def __init__(self, migrate: Migrate, head: str) -> None:
        """`migrate`: to the revision `head`."""
        self._migrate, self._head = migrate, head
        self._statements: list[str] = []

    def migrate(self, connection: Connection, where: str) -> None:
        """As `migrate`, in the same transaction."""
        from tinyarms.store.db import migrate

        is_usual = self.is_quick and self._head == migrate.HEAD
        if (
            not is_usual
            or connection.dialect.name != "sqlite"
            or migrate.schema_of(connection) is not None
        ):
            self._migrate(connection, where)
            return
        for statement in self._known():
            connection.exec_driver_sql(statement)

    def _known(self) -> list[str]:
        if not self._statements:
            from sqlalchemy import create_engine

            engine = create_engine("sqlite://")
            with engine.connect() as connection:
                self._migrate(connection, "memory")
                dump = connection.connection.driver_connection.iterdump()
                self._statements = [s for s in dump if s not in ("BEGIN TRANSACTION;", "COMMIT;")]
            engine.dispose()
        return self._statements


@pytest.fixture
def patient_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine puts no task into the spool, where the task's id is not looked for."""
    monkeypatch.setattr("tinyarms.store.db.group_commit.LATE_S", 60.0)


@pytest.fixture(scope="session")
def embedded_model() -> Iterator[EmbeddedModel]:
    """The real 135M model, for tests marked `model`; fetched once if it is not there.

    One thread: on a busy machine llama.cpp's threads wait for each other by spinning.
    """
    from tinyarms.core.settings import ModelSettings
    from tinyarms.models.embedded.model import EmbeddedModel
    from tinyarms.models.embedded.pull import pull

    path = pull("smollm2:135m", lambda done, total: None)
    settings = ModelSettings(kind="embedded", model="smollm2:135m", threads=1)
    model = EmbeddedModel(settings, path, name="smollm2-135m")
    yield model
    model.close()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project's database, to copy: all migrations take longer than many a test."""
    from tinyarms.store.db.database import open_store

    path = tmp_path_factory.mktemp("migrated") / "tinyarms.db"
    open_store(path).close()
    return path


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Real processes that run the program or a function of the tests, and may be killed."""
    from tests.forks import Processes

    with Processes() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL server, one for each worker."""
    from tests.postgresql import temporary_server

    with temporary_server() as server:
        yield server
