"""Replace a file durably; used for backups and project files."""

from __future__ import annotations

import os
from pathlib import Path


def replace_durably(finished: Path, target: Path) -> None:
    """Rename `finished`, which is already synced to disk, to `target`; survives a power cut.

    Both must be on the same file system. Raises `OSError`.
    """
    finished.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the new and removed names in a folder survive a power cut. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
