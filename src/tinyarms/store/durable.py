"""Replace a file durably; used for backups and project files."""

from __future__ import annotations

import os
from pathlib import Path


def replace_durably(finished: Path, target: Path) -> None:
    """Rename `finished`, which is already synced to disk, to `target`; survives a power cut.

    Both must be on the same file system. Raises `OSError`.
    """
    finished.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
