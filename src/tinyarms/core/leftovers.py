"""Tell what a killed process left behind from what a running one is still working on.

Whoever works on a temporary file or folder holds a lock on it, which ends with the process. What
nobody holds is a left-over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def hold(descriptor: int) -> bool:
    """Hold an open file or folder until it is closed. `False`: it was removed before.

    In a file system without locks nothing is held, and nothing is taken for a left-over.
    """
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.fstat(descriptor).st_nlink > 0


@contextmanager
def left_over(path: Path) -> Iterator[bool]:
    """Whether nobody holds the file or folder; nobody can within the block.

    `False` where that cannot be told.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield False
        return
    try:
        yield _is_free(descriptor)
    finally:
        os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
