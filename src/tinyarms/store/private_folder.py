"""Folders of a project that only its owner can read."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

from tinyarms.core.durable import sync_folder


def make_private_folder(folder: Path, synced: bool = True) -> None:
    """Make a folder below `.tinyarms` that only its owner can read, and that git leaves alone.
    Raises `OSError`, also for links: they may lead out of the project."""
    if folder.parent.is_symlink() or folder.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, which may lead out of the project")
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = folder.parent / ".gitignore"
    if not ignore.exists():
        with suppress(OSError):
            ignore.write_text("*\n")
    if synced:
        sync_folder(folder.parent)
