"""The files beside a SQLite database: backups that tinyArms made, and databases set aside."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from tinyarms.core.clock import utc_now
from tinyarms.core.durable import sync_folder
from tinyarms.core.errors import StoreError

KEPT_BACKUPS = 5
"""Number of backups beside the database that are kept; older ones are deleted when another is
made. Files that people name are never deleted. Higher: more room on the disk is needed."""
LOGS = ("-wal", "-journal")
"""Endings of the files that belong to a database: without them it lacks its newest rows."""
Why = Literal["damaged", "before-restore"]
"""Why a database was set aside."""

_MAGIC = b"SQLite format 3\0"
_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_MOMENT = "%Y%m%dT%H%M%SZ"
# The bytes of a SQLite file that its processes lock: https://sqlite.org/fileformat.html
_FIRST_LOCK, _LOCKS = 0x40000000, 512


def backup_path(database: Path, schema: str | None, moment: datetime) -> Path:
    """The name of a backup beside the database."""
    return database.with_name(f"{database.name}.{schema or 'none'}-{moment:{_MOMENT}}.backup")


def backups(database: Path) -> list[Path]:
    """The backups beside the database that tinyArms has named, the newest first."""
    name = re.compile(re.escape(database.name) + r"\.\w+-(\d{8}T\d{6}Z)\.backup")
    found = [(name.fullmatch(path.name), path) for path in _beside(database)]
    dated = [(match.group(1), path.name, path) for match, path in found if match is not None]
    return [path for *_, path in sorted(dated, reverse=True)]


def prune_backups(database: Path) -> None:
    """Delete all but the newest backups beside the database."""
    for path in backups(database)[KEPT_BACKUPS:]:
        with suppress(OSError):
            path.unlink()


def set_aside_files(database: Path) -> list[Path]:
    """The databases that were set aside, the newest first, without their logs."""
    name = re.compile(re.escape(database.name) + r"\.(?:damaged|before-restore)-(\d{8}T\d{6}Z.*)")
    found = [(name.fullmatch(path.name), path) for path in _beside(database)]
    dated = [
        (match.group(1), path)
        for match, path in found
        if match is not None and not path.name.endswith(LOGS)
    ]
    return [path for _, path in sorted(dated, reverse=True)]


def keep_aside(database: Path, why: Why) -> Path:
    """Give the database and its logs a second name beside it, and return it. Raises `OSError`."""
    moment = utc_now().strftime(_MOMENT)
    aside = database.with_name(f"{database.name}.{why}-{moment}")
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = database.with_name(f"{database.name}.{why}-{moment}-{number}")
    for ending in (*LOGS, ""):
        source = _with(database, ending)
        if source.exists():
            _link(source, _with(aside, ending))
    sync_folder(database.parent)
    return aside


def remove(database: Path) -> None:
    """Remove the names of the database and its logs, after `keep_aside`. Raises `OSError`.

    The database goes first: a log that is left alone is never taken for the log of another one,
    because nobody opens a database that is not there.
    """
    for ending in ("", *LOGS, "-shm"):
        _with(database, ending).unlink(missing_ok=True)
    sync_folder(database.parent)


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Keep other processes out of the database file. Raises `StoreError` if one has it open.

    This process must not have it open: closing any of a file's descriptors gives up its locks.
    """
    try:
        descriptor = os.open(database, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(
            f"{database}: cannot be opened ({error.strerror}).", "Let your user read and write it."
        ) from error
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS, _FIRST_LOCK)
        except OSError as error:
            raise in_use(database) from error
        yield
    finally:
        os.close(descriptor)


def in_use(database: Path) -> StoreError:
    """The refusal while another process has the database open."""
    return StoreError(
        f"{database}: another process has the database open.",
        "End it, such as tinyarms monitor, then try again.",
    )


def quarantine(database: Path) -> Path:
    """Move a damaged database aside with its logs; returns its new path. Nothing is deleted.

    Raises `StoreError` if another process has it open, if it cannot be moved, or if it may be
    something else, which a wrong name has taken for the database.
    """
    if not _was_a_database(database):
        raise StoreError(f"{database}: may be something else.", "Name another file.")
    with alone(database):
        try:
            aside = keep_aside(database, "damaged")
            remove(database)
        except OSError as error:
            raise StoreError(
                f"{database}: cannot be moved aside ({error.strerror or error}).",
                "Make its folder writable.",
            ) from error
    return aside


def _was_a_database(path: Path) -> bool:
    """Whether a file that SQLite cannot read was a database, by its first bytes, name or log."""
    with path.open("rb") as file:
        begins_so = file.read(len(_MAGIC)) == _MAGIC
    has_log = any(_with(path, ending).exists() for ending in LOGS)
    return begins_so or path.suffix in _SUFFIXES or has_log


def _beside(database: Path) -> list[Path]:
    with suppress(OSError):
        return list(database.absolute().parent.iterdir())
    return []


def _with(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
