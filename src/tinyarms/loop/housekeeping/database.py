"""Back up, restore, upgrade and copy a project's database, without opening the project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyarms.core.errors import StoreError
from tinyarms.loop.project.leases import working
from tinyarms.loop.project.loading import DATABASE, database_of
from tinyarms.store.db.backup import back_up as copy_file
from tinyarms.store.db.backup import no_database
from tinyarms.store.db.copies import back_up_beside, way_back
from tinyarms.store.db.copying import copy_rows
from tinyarms.store.db.database import is_sqlite, open_store, parse_url, shown_url
from tinyarms.store.db.inspection import Inspection, inspect_database
from tinyarms.store.db.kept_files import backups
from tinyarms.store.db.migrate import HEAD
from tinyarms.store.db.restore import Restored, restore
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
class RestoredDatabase:
    """The result of `restore_database`."""

    database: str
    """The database's file."""
    backup: str | None
    """The file whose content it now has; `None`: it is empty."""
    kept: str | None
    """The file from before, which is kept beside it; `None`: there was none."""
    size: int
    """Size of the database in bytes."""


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
    target: Path | None,
    *,
    force: bool = False,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Backup:
    """Copy the database of the project at or above `start` to a file, while others use it.

    Without `target` the copy is beside the database, where the newest `KEPT_BACKUPS` stay. `force`
    replaces an existing file. Raises `ConfigError` if there is no project, and `StoreError` if the
    copy fails; for PostgreSQL the error has the command to run instead.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    address = database_of(root, environ)
    if target is not None:
        return Backup(str(target), copy_file(address, target, force=force))
    path = _file(address, f"pg_dump --format=custom --file=FILE {shown_url(parse_url(address))}")
    inspection = inspect_database(address, lambda work: None)
    if inspection.state == "missing":
        raise no_database(path)
    backup, size = back_up_beside(path, inspection.schema)
    return Backup(str(backup), size)


def restore_database(
    source: Path | None,
    *,
    empty: bool = False,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> RestoredDatabase:
    """Put a backup in the place of the database of the project at or above `start`.

    By default it is the newest undamaged backup beside the database. `empty`: an empty database
    instead. The file from before is kept beside it. Raises `ConfigError` if there is no project,
    and `StoreError` if another process has the database open, if there is no good backup, and for
    PostgreSQL.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    address = database_of(root, environ)
    path = _file(address, f"pg_restore --clean --dbname={shown_url(parse_url(address))} FILE")
    if not empty:
        done = restore(path, source)
        return _restored(path, done, str(done.backup))
    with TemporaryDirectory() as folder:
        new = Path(folder) / "new.db"
        open_store(new).close()
        return _restored(path, restore(path, new), None)


def upgrade_database(
    start: Path | None = None, environ: Mapping[str, str] | None = None
) -> Upgrade:
    """Upgrade the database of the project at or above `start` to this program's schema.

    A SQLite file is first copied to a file beside it, as by every command that upgrades it. Raises
    `ConfigError` if there is no project, and `StoreError` for a database that is damaged or newer
    than this program.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    address = database_of(root, environ)
    inspection = inspect_database(address, lambda work: None)
    if inspection.damage:
        path = Path(inspection.where)
        raise StoreError(f"{path}: is damaged ({inspection.damage[0]}).", way_back(path))
    before = set(_backups(inspection))
    open_store(address).close()
    made = [Backup(str(path), path.stat().st_size) for path in _backups(inspection) - before]
    return Upgrade(inspection.where, inspection.schema, HEAD, made[0] if made else None)


def copy_database(
    to: str,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
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
    inspection = inspect_database(source, working)
    if inspection.damage:
        path = Path(inspection.where)
        raise StoreError(f"{path}: is damaged ({inspection.damage[0]}).", way_back(path))
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


def _backups(inspection: Inspection[None]) -> set[Path]:
    return set(backups(Path(inspection.where))) if inspection.kind == "sqlite" else set()


def _file(address: str | Path, command: str) -> Path:
    """The file of a SQLite database. `command`: the one for PostgreSQL, for the error."""
    url = parse_url(address)
    if not is_sqlite(url):
        raise StoreError("PostgreSQL has its own programs for this.", f"Run: {command}")
    return Path(url.database or "")


def _restored(path: Path, done: Restored, backup: str | None) -> RestoredDatabase:
    kept = None if done.kept is None else str(done.kept)
    return RestoredDatabase(str(path), backup, kept, done.size)
