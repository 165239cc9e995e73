"""The same kills with the project's database on a PostgreSQL server.

The checks are those of `kills`, which read SQLite: after each command, the rows are written into
the project's folder too, where the program does not look for them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, insert, inspect, make_url

from tests.end_to_end.kills import Scene, everything, make_scenes
from tests.forks import Ended, Processes
from tests.postgresql import Server, execute
from tinyarms.store.db.copying import copy_rows, plain_tables, rows_of
from tinyarms.store.db.database import open_store

MOMENTS: Mapping[str, Mapping[str, int]] = {
    "evolve": {"clock": 100, "database": 100},
    "vote": {"clock": 80, "database": 80, "files": 40},
    "promote": {"clock": 80, "database": 80, "files": 40},
}
"""200 kills of each command."""
_URL = "database"
"""File beside the project's folder: the URL of its database."""
_NUMBERED = re.compile(r'#\d+|(?<=INSERT INTO "votes" VALUES\()\d+')


class OnServer(Processes):
    """Processes whose projects have their databases on a server."""

    def __init__(self, server: Server, folder: Path) -> None:
        super().__init__()
        self._postgresql = server
        self._migrated = folder / "migrated.db"
        open_store(self._migrated).close()
        self._made: list[str] = []
        self._statements: dict[Any, Any] = {}
        """Of all databases: each is new, and would compile its own."""

    def move(self, before: Path, root: Path) -> Path:
        """Copy a project with a SQLite database, if it has one, to this folder and the server."""
        url = self._new_database("template1")
        if (before / "tinyarms.db").exists():
            copy_rows(before / "tinyarms.db", url)
        return self._copy(before, root, url)

    def copy(self, before: Path, root: Path) -> Path:
        template = str(make_url(_url_of(before)).database)
        return self._copy(before, root, self._new_database(template))

    def at(self, kind: str, number: int) -> dict[str, Any]:
        return {"at_step": number} if kind == "database" else super().at(kind, number)

    def __call__(self, root: Path, *words: str, **when: Any) -> Ended:
        ended = super().__call__(root, *words, database=_url_of(root), **when)
        self._show(root)
        return ended

    def drop(self) -> None:
        """Drop the databases that were made since the last call."""
        for name in self._made:
            execute(self._postgresql, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._made.clear()

    def _new_database(self, template: str) -> str:
        name = f"k{uuid4().hex[:12]}"
        execute(self._postgresql, f"CREATE DATABASE {name} TEMPLATE {template}")
        self._made.append(name)
        return self._postgresql.url.set(database=name).render_as_string(hide_password=False)

    def _copy(self, before: Path, root: Path, url: str) -> Path:
        shutil.copytree(before, root)
        (root.parent / _URL).write_text(url)
        self._show(root)
        return root

    def _show(self, root: Path) -> None:
        """Write the rows into a SQLite file in the project's folder."""
        for file in root.glob("tinyarms.db*"):
            file.unlink()
        server = create_engine(_url_of(root)).execution_options(compiled_cache=self._statements)
        try:
            with server.connect() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    return
                shutil.copyfile(self._migrated, root / "tinyarms.db")
                file = create_engine(f"sqlite:///{root / 'tinyarms.db'}")
                target = file.execution_options(compiled_cache=self._statements)
                with target.begin() as shown:
                    for table in plain_tables():
                        for rows in rows_of(connection, table):
                            shown.execute(insert(table), rows)
                target.dispose()
        finally:
            server.dispose()


def _url_of(root: Path) -> str:
    return (root.parent / _URL).read_text()


def everything_in_order(root: Path) -> list[str]:
    """As `everything`; in the order of the alphabet, and without ids: a server has its own order
    of rows, and leaves out numbers of votes that were rolled back."""
    return sorted(_NUMBERED.sub("#", line) for line in everything(root))


@contextmanager
def on_server(
    recorded: Path, asked: Path, votes: list[tuple[str, ...]], server: Server, folder: Path
) -> Iterator[tuple[dict[str, Scene], OnServer]]:
    """Command → how it goes when nobody kills it, and what runs and kills it."""
    with OnServer(server, folder) as processes:
        new = processes.move(recorded, folder / "new" / "project")
        testing = processes.move(asked, folder / "testing" / "project")
        scenes = make_scenes(new, testing, votes, processes, folder / "scenes", everything_in_order)
        kept, processes._made = processes._made, []
        yield scenes, processes
        processes._made += kept
        processes.drop()
