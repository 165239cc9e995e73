"""Back up, upgrade and copy a project's database, without opening the project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.errors import StoreError
from tinyarms.loop.housekeeping.database_check import RESTORE
from tinyarms.loop.project.context import DATABASE, database_of
from tinyarms.loop.project.leases import DAEMON, holder_of
from tinyarms.store.db.backup import back_up as copy_file
from tinyarms.store.db.copying import copy_rows
from tinyarms.store.db.database import open_store, parse_url
from tinyarms.store.db.inspection import inspect_database
from tinyarms.store.db.migrate import HEAD
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import find_project


@dataclass(frozen=True)
class Backup:
    """A copy of the database."""

    path: str
    """The written file."""
    size: int
    """Size of the file in bytes."""


@dataclass(frozen=True)
class Upgrade:
    """The result of `upgrade_database`."""

    database: str
    """The database's file, or its URL without the password."""
    from_schema: str | None
    """Revision of the schema before; `None`: the database was new."""
    to_schema: str
    """Revision of the schema now."""
    backup: Backup | None
    """The copy from before the upgrade; `None` if there were no rows to lose, and for
    PostgreSQL."""

    @property
    def changed(self) -> bool:
        return self.from_schema != self.to_schema


@dataclass(frozen=True)
class Copied:
    """The result of `copy_database`."""

    source: str
    """The database that was copied: its file, or its URL without the password."""
    target: str
    """The database that it was copied to."""
    counts: Mapping[str, int]
    """Table → its rows."""
    is_default: bool
    """Whether the project uses the target without `TINYARMS_DATABASE`."""

    @property
    def rows(self) -> int:
        """How many rows in all."""
        return sum(self.counts.values())


def back_up_database(
    target: Path,
    *,
    force: bool = False,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Backup:
    """Copy the database of the project at or above `start` to a file, while others use it.

    `force` replaces an existing file. Raises `ConfigError` if there is no project, and `StoreError`
    if the copy fails; for PostgreSQL the error has the command to run instead.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    size = copy_file(database_of(root, environ), target, force=force)
    return Backup(str(target), size)


def upgrade_database(
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
) -> Upgrade:
    """Upgrade the database of the project at or above `start` to this program's schema.

    A SQLite file with rows is first copied to a file beside it. Other commands also upgrade the
    database, but without a copy. Raises `ConfigError` if there is no project, and `StoreError` for
    a database that is damaged or newer than this program.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    address = database_of(root, environ)
    inspection = inspect_database(address, lambda work: None)
    if inspection.damage:
        raise StoreError(f"{inspection.where}: is damaged ({inspection.damage[0]}).", RESTORE)
    backup = None
    if inspection.state == "behind" and inspection.has_rows and inspection.kind == "sqlite":
        moment = f"{clock():%Y%m%dT%H%M%SZ}"
        path = Path(f"{inspection.where}.{inspection.schema}-{moment}.backup")
        backup = Backup(str(path), copy_file(address, path))
    open_store(address).close()
    return Upgrade(inspection.where, inspection.schema, HEAD, backup)


def copy_database(
    to: str,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
) -> Copied:
    """Copy all rows of the database of the project at or above `start` into another one.

    `to`: the URL of a PostgreSQL database or the path of a SQLite file, without rows. Each table is
    compared by its number of rows and a hash before anything is stored, and all is stored or
    nothing. Raises `ConfigError` if there is no project, and `StoreError` if a process works on a
    skill, if the database is damaged or has another schema, or if the target has rows.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    source = database_of(root, environ)

    def at_work(work: UnitOfWork) -> list[str]:
        now = clock()
        held = ((name, holder_of(work, name, now)) for name in work.leases.held(now))
        return [
            "the monitor" if name == DAEMON else f"an evolve of {name}"
            for name, holder in held
            if holder is not None
        ]

    inspection = inspect_database(source, at_work)
    if inspection.damage:
        raise StoreError(f"{inspection.where}: is damaged ({inspection.damage[0]}).", RESTORE)
    if inspection.rows:
        raise StoreError(
            f"{inspection.where}: {inspection.rows[0]} is running, and what it writes after the "
            "copy would be lost.",
            "End it first, and every program that uses the project.",
        )
    copied = copy_rows(source, to)
    default = str(parse_url(root / DATABASE).database)
    is_default = Path(parse_url(to).database or "").absolute() == Path(default).absolute()
    return Copied(copied.source, copied.target, copied.counts, is_default and "://" not in to)
