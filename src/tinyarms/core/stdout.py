"""Keep the prints of users' functions off standard output, which may be JSON."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_lock = threading.Lock()
_thread = threading.local()
_installed: list[_ByThread] = []
"""The stand-in that all open blocks of all threads share."""


class _ByThread:
    """Stands for standard output: threads inside a block write to standard error instead."""

    def __init__(self, stdout: TextIO) -> None:
        self.stdout = stdout

    def __getattr__(self, name: str) -> Any:
        inside = getattr(_thread, "depth", 0) > 0
        return getattr(sys.stderr if inside else self.stdout, name)


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Within the block, this thread's prints go to standard error. Other threads print as before.

    `contextlib.redirect_stdout` would move the prints of all threads.
    """
    with _lock:
        if not _installed:
            stand_in = _ByThread(sys.stdout)
            sys.stdout = stand_in
        else:
            stand_in = _installed[0]
        _installed.append(stand_in)
        _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        with _lock:
            _thread.depth -= 1
            _installed.pop()
            if not _installed and sys.stdout is stand_in:
                sys.stdout = stand_in.stdout
