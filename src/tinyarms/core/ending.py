"""The end of a process that serves: soon after it was told to end, whatever it waits for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE_S = 1.5
"""Seconds after which the project is closed though something still waits, such as a request for a
slow model. Higher: slower answers are finished, and Ctrl-C takes longer."""
LONGEST_S = 20.0
"""Seconds after which the process ends in any case, as after a kill: the project could not be
closed, for instance because a scorer hangs. Higher: more is written in order."""


@dataclass
class Ending:
    """Closes a project once, and ends the process although threads of it cannot be ended.

    A thread that waits for a model, or computes, ends with the process only. What is running then
    is as after a kill, which loses nothing that was acknowledged.
    """

    close_project: Callable[[], None]
    _closing: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, exit_code: int) -> None:
        """The process was told to end: by itself, or after `PATIENCE_S` with this exit code."""
        for seconds, end in ((PATIENCE_S, self._close_and_end), (LONGEST_S, os._exit)):
            last = threading.Timer(seconds, end, [exit_code])
            last.daemon = True
            last.start()

    def close(self) -> None:
        """Close the project."""
        with self._closing:
            self.close_project()

    def _close_and_end(self, exit_code: int) -> None:
        try:
            self.close()
        finally:
            os._exit(exit_code)
