"""Tell the temporary files of a killed process from those that are still in use.

A process locks each temporary file or folder that it works on. The lock ends with the process, so
an unlocked one is a left-over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def hold(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed. `False`: it was removed before.

    On a file system without locks nothing is locked, and nothing counts as a left-over.
    """
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.fstat(descriptor).st_nlink > 0


@contextmanager
def left_over(path: Path) -> Iterator[bool]:
    """Whether nobody has locked the file or folder. Nobody can lock it within the block.

    `False` if the file system cannot say.
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
