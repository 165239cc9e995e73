"""Replace a file durably; used for backups and project files."""

from __future__ import annotations

from pathlib import Path

from tinyarms.core.durable import sync_folder


def replace_durably(finished: Path, target: Path) -> None:
    """Rename `finished`, which is already synced to disk, to `target`; survives a power cut.

    Both must be on the same file system. Raises `OSError`.
    """
    finished.replace(target)
    sync_folder(target.parent)
