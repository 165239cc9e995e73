"""Copy a database into a file while other processes use it."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection

from tinyarms.core.errors import StoreError
from tinyarms.store.db.copies import copy_pages, temporary_folder
from tinyarms.store.db.database import is_sqlite, parse_url, shown_url, translated
from tinyarms.store.db.sqlite import read_unchanged
from tinyarms.store.durable import replace_durably


def back_up(url_or_path: str | Path, target: Path, *, force: bool = False) -> int:
    """Write a copy of the database to `target`; returns its size in bytes.

    The copy shows the database at one moment, and no writer waits for it. `target` is written whole
    or not at all, even if this process is killed, and only its owner can read it. Any schema is
    copied. `force` replaces an
    existing file. Raises `StoreError` if the file exists without `force`, if the copy cannot be
    made or is damaged, and for PostgreSQL; the message then has the command of its own program.
    """
    url = parse_url(url_or_path)
    if not is_sqlite(url):
        raise StoreError(
            "A backup of a PostgreSQL database is made with pg_dump.",
            f"Run: {pg_dump_command(url, target)}",
        )
    source = Path(url.database or "")
    if not source.exists():
        raise no_database(source)
    target = target.absolute()
    _check_target(source, target, force)
    try:
        with temporary_folder(target) as folder:
            copy = folder / "copy.db"
            with translated(str(source)):
                read_unchanged(source, lambda connection: _copy(connection, copy))
            size = copy.stat().st_size
            _check_target(source, target, force)
            replace_durably(copy, target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"{target}: cannot be written ({reason}).", "Name a file in a folder you can write to."
        ) from error
    return size


def no_database(path: Path) -> StoreError:
    """The refusal to back up a file that is not there."""
    return StoreError(f"{path}: there is no database to back up.", "Nothing has been recorded yet.")


def pg_dump_command(url: URL, target: Path) -> str:
    """The command that backs up a PostgreSQL database, its password masked."""
    address = shown_url(url.set(drivername="postgresql"))
    return f"pg_dump --format=custom --file={shlex.quote(str(target))} {shlex.quote(address)}"


def _check_target(source: Path, target: Path, force: bool) -> None:
    """Raise `StoreError` if a backup must not be written to `target`."""
    beside = [target.with_name(target.name + ending) for ending in ("-wal", "-journal")]
    if not target.parent.is_dir():
        raise StoreError(
            f"{target.parent}: there is no such folder.", "Make it, or name another one."
        )
    if target.is_dir():
        raise StoreError(f"{target} is a folder.", "Name a file in it.")
    if target.exists() and target.samefile(source):
        raise StoreError(f"{target} is the database itself.", "Name another file.")
    if any(path.exists() for path in beside):
        raise StoreError(f"{target} is a database in use.", "Name another file.")
    if target.exists() and not force:
        raise StoreError(f"{target} already exists.", "Name another file, or use --force.")


def _copy(connection: Connection, copy: Path) -> None:
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    copy_pages(source, copy)
