"""Whether the project's files can be read and written, and what to do where they cannot."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LEAST_FREE_BYTES = 10_000_000
"""Free bytes on a disk below which a search may not be stored. Higher: a disk that fills up is
reported sooner."""


@dataclass(frozen=True)
class Obstacle:
    """Why a file cannot be used."""

    what: str
    """One sentence."""
    remedy: str


def cannot_be_read(paths: Sequence[Path]) -> Iterator[Obstacle]:
    """Those of the files and folders that cannot be read. Missing ones are left out."""
    for path in _lacking(os.R_OK, paths):
        yield Obstacle(f"{path} cannot be read.", _remedy(path, "r"))


def cannot_be_written(paths: Sequence[Path]) -> Iterator[Obstacle]:
    """Those of the files and folders that cannot be written, and disks that are full."""
    read_only = False
    for path in _lacking(os.W_OK, paths):
        if not os.statvfs(path).f_flag & os.ST_RDONLY:
            yield Obstacle(f"{path} cannot be written.", _remedy(path, "w"))
        elif not read_only:
            read_only = True
            remedy = "Mount it for writing, or move the project to another disk."
            yield Obstacle(f"{path} is on a disk that is read-only.", remedy)
    if read_only:
        return
    disks = {path.stat().st_dev: path for path in reversed(paths) if path.exists()}
    for path in disks.values():
        yield from full(path, shutil.disk_usage(path).free)


def too_open(paths: Iterable[Path]) -> Iterator[Obstacle]:
    """Those of the files that others than their owner may read. Missing ones are left out."""
    shown = [str(path) for path in paths if path.exists() and path.stat().st_mode & 0o077]
    if shown:
        names = shlex.join(shown)
        yield Obstacle(
            f"Others on this machine may read what users wrote: {', '.join(shown)}.",
            f"Run: chmod 600 {names}",
        )


def full(path: Path, free_bytes: int) -> Iterator[Obstacle]:
    """A disk with so many free bytes, if they are too few."""
    if free_bytes < LEAST_FREE_BYTES:
        yield Obstacle(
            f"The disk of {path} is full: {free_bytes / 1e6:.1f} MB are free.",
            f"Delete what is not needed: at least {LEAST_FREE_BYTES / 1e6:.0f} MB must be free.",
        )


def _lacking(right: int, paths: Sequence[Path]) -> Iterator[Path]:
    for path in dict.fromkeys(paths):
        if path.exists() and not os.access(path, right):
            yield path


def _remedy(path: Path, letter: str) -> str:
    owner = path.stat().st_uid
    if owner == os.geteuid():
        return f"Run: chmod u+{letter} {path}"
    as_mine = f"sudo chown {os.geteuid()} {path}"
    return f"It belongs to user {owner}: run tinyarms as that user, or: {as_mine}"
