"""Copies of a SQLite database: make one beside it, check one, find the last good one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tinyarms.core.clock import utc_now
from tinyarms.core.errors import StoreError
from tinyarms.core.leftovers import hold, left_over
from tinyarms.store.db.kept_files import backup_path, backups, prune_backups, set_aside_files
from tinyarms.store.durable import replace_durably

_MAKING = ".tinyarms-copy-"
"""Prefix of the temporary folders of copies."""


def back_up_beside(database: Path, schema: str | None) -> tuple[Path, int]:
    """Write a backup beside the database, and delete the oldest ones; returns it and its bytes.

    Others may use the database meanwhile. Raises `StoreError`.
    """
    target = backup_path(database, schema, utc_now())
    try:
        with temporary_folder(target) as folder:
            address = f"{database.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as source:
                copy_pages(source, folder / "copy.db")
            size = (folder / "copy.db").stat().st_size
            replace_durably(folder / "copy.db", target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"{target}: the backup cannot be written ({reason}).",
            "Make room on the disk, and let your user write to the folder.",
        ) from error
    prune_backups(database)
    return target, size


def copy_pages(source: sqlite3.Connection, copy: Path) -> None:
    """Copy all pages in one read transaction to a new file, check it, and sync it to disk.

    Raises `StoreError` if the database is damaged, `OSError` and `sqlite3.Error` if the copy cannot
    be written.
    """
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    target = sqlite3.connect(copy, isolation_level=None)
    try:
        source.backup(target)
        # One file without a log beside it, so that it can be read from a read-only disk.
        target.execute("PRAGMA journal_mode = DELETE")
        [[verdict], *_] = target.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # an error of the disk, not of the content
            raise
        verdict = str(error)
    except UnicodeDecodeError:
        verdict = "a text in it is not UTF-8"
    finally:
        target.close()
    if verdict != "ok":
        raise StoreError(
            f"The database is damaged ({verdict}), so there is no backup of it.",
            "`tinyarms db check` shows details. To restore the last backup: tinyarms db restore",
        )
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def last_good_backup(database: Path) -> Path | None:
    """The newest undamaged backup beside the database; reads it whole."""
    return next((path for path in backups(database) if not backup_fault(path)), None)


def backup_fault(backup: Path) -> str:
    """Why the file cannot take the place of a database; empty if it can. Nothing is changed."""
    if not backup.is_file():
        return "there is no such file"
    try:
        # A backup is one file that nobody writes.
        address = f"{backup.absolute().as_uri()}?immutable=1"
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            [[verdict], *_] = connection.execute("PRAGMA quick_check(1)").fetchall()
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)
    return "" if verdict == "ok" else str(verdict)


@contextmanager
def temporary_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` for a copy in the making. Those of killed processes are removed.

    Raises `OSError`.
    """
    for found in target.parent.glob(f"{_MAKING}*"):
        with left_over(found) as is_left_over:
            if is_left_over and found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
    while True:
        made = tempfile.mkdtemp(prefix=_MAKING, dir=target.parent)
        descriptor = os.open(made, os.O_RDONLY)
        if hold(descriptor):
            break
        os.close(descriptor)  # Another process removed it before it was locked.
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def way_back(database: Path) -> str:
    """What to do where the database is damaged or was set aside."""
    good = last_good_backup(database)
    if good is None:
        return (
            "There is no good backup beside it. To restore another one: tinyarms db restore FILE. "
            "To begin with an empty database: tinyarms db restore --empty"
        )
    return f"The last good backup is {good.name}. To restore it: tinyarms db restore"


def check_not_set_aside(database: Path) -> None:
    """Raise `StoreError` if the database was set aside and nothing has taken its place."""
    if not database.exists() and (aside := set_aside_files(database)):
        raise StoreError(
            f"{database}: was set aside as {aside[0].name}, and nothing has taken its place.",
            way_back(database),
        )
