"""Jobs that nobody waits for, one after another on a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class BackgroundJobs:
    """Runs jobs on one thread, which starts with the first job."""

    _thread: ThreadPoolExecutor | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, job: Callable[[], object]) -> None:
        """Run the job after earlier jobs; an error is logged."""
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "tinyarms")
            self._thread.submit(_logged, job)

    def finish(self) -> None:
        """Wait until all jobs are done."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None


def _logged(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:
        # Nobody waits for the result, so only this place can report the error.
        logging.getLogger("tinyarms").warning("In the background: %s", error)
