"""Takes in changes of `config.yaml` and `config/constants.yaml` while the service runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.api import TinyArms

EVERY_S = 1.0
"""Least seconds between two looks at the files. Higher: a change is seen later."""


@dataclass
class ConfigChanges:
    """When the files were looked at, and what is wrong with them. Threads may share it."""

    arms: TinyArms
    clock_s: Callable[[], float] = time.monotonic
    problem: str = ""
    """Why the files cannot be used now; until they can, the service goes on with what it read."""
    _next_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_due(self) -> bool:
        """Whether it is time to look."""
        return self.clock_s() >= self._next_s

    def look(self) -> None:
        """Read the files again if they have changed."""
        with self._lock:
            if not self.is_due:
                return
            try:
                self.arms.reread()
                self.problem = ""
            except TinyArmsError as error:
                self.problem = f"{error} Until then, the service goes on with what it read before."
            self._next_s = self.clock_s() + EVERY_S
