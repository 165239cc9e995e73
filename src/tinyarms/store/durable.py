"""What database and project files share: a finished file takes its place for good."""

from __future__ import annotations

import os
from pathlib import Path


def replace_durably(finished: Path, target: Path) -> None:
    """Let `finished`, which is on the disk already, be `target`; after a power cut too.

    Both are in the same file system. Raises `OSError`.
    """
    finished.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
