"""Put a backup in the place of a SQLite database; the current file is kept."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import StoreError
from tinyarms.store.db.copies import backup_fault, last_good_backup, temporary_folder
from tinyarms.store.db.kept_files import LOGS, alone, in_use, keep_aside, remove
from tinyarms.store.durable import replace_durably


@dataclass(frozen=True)
class Restored:
    """What a restore has done."""

    backup: Path
    """The file that the database now has the content of."""
    kept: Path | None
    """The database from before, beside it; `None` if there was none."""
    size: int
    """Size of the database in bytes."""


def restore(database: Path, backup: Path | None = None) -> Restored:
    """Put a backup in the place of the database: by default the newest undamaged one beside it.

    All or nothing: a process that is killed meanwhile leaves the old database or the new one, or,
    if the old one was damaged, perhaps none, and then the database is not opened before a restore
    is repeated. The old file is kept beside it in every case. Raises `StoreError` if another
    process has the database open, if there is no good backup, or if files cannot be written.
    """
    source = backup or last_good_backup(database)
    if source is None:
        raise StoreError(
            f"{database}: there is no good backup beside it.",
            "Name a file: tinyarms db restore FILE. To begin with an empty one: --empty",
        )
    if source.exists() and database.exists() and source.samefile(database):
        raise StoreError(f"{source} is the database itself.", "Name a backup of it.")
    if fault := backup_fault(source):
        raise StoreError(f"{source}: is no good backup ({fault}).", "Name another file.")
    try:
        with temporary_folder(database) as folder, ExitStack() as stack:
            copy = folder / database.name
            shutil.copyfile(source, copy)
            copy.chmod(0o600)
            with copy.open("rb") as file:
                os.fsync(file.fileno())
            size = copy.stat().st_size
            kept = None
            if database.exists():
                _fold_log(database)
                stack.enter_context(alone(database))
            if _has_log(database) or database.exists():
                kept = keep_aside(database, "before-restore")
            if _has_log(database):  # of a damaged database, or of one that is not there
                remove(database)
            replace_durably(copy, database)
    except OSError as error:
        raise StoreError(
            f"{database}: cannot be replaced ({error.strerror or error}).",
            "Make its folder writable, and make room on its disk.",
        ) from error
    return Restored(source, kept, size)


def _has_log(database: Path) -> bool:
    return any(database.with_name(database.name + ending).exists() for ending in LOGS)


def _fold_log(database: Path) -> None:
    """Copy the log into an undamaged database, so that it is one file. Raises `StoreError` if
    another process has it open.

    A damaged one stays as it is, and its log is kept with it.
    """
    try:
        address = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as connection:
            connection.text_factory = bytes  # of a damaged file, the words may not be UTF-8
            if connection.execute("PRAGMA quick_check(1)").fetchall() != [(b"ok",)]:
                return
        with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise in_use(database) from error
    except UnicodeDecodeError:  # in the words of an error
        return
