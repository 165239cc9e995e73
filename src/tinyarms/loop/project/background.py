"""Jobs that nobody waits for, one after another on a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tinyarms.core.text import counted

AT_END_S = 5.0
"""Seconds that `end` waits for the jobs. Higher: more ballots of slow models are made, and a
program takes longer to end."""


@dataclass
class BackgroundJobs:
    """Runs jobs on one thread, which starts with the first job. A program that ends does not wait
    for it."""

    _jobs: deque[Callable[[], object]] = field(default_factory=deque)
    _unfinished: int = 0
    _thread: threading.Thread | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self, job: Callable[[], object]) -> None:
        """Run the job after earlier jobs; an error is logged."""
        with self._changed:
            self._jobs.append(job)
            self._unfinished += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tinyarms", daemon=True)
                self._thread.start()

    def finish(self, seconds: float | None = None) -> bool:
        """Wait until all jobs are done, but no longer than `seconds`; whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unfinished, seconds)

    def end(self) -> bool:
        """Wait until all jobs are done, but no longer than `AT_END_S`; then those that have not
        begun are forgotten, which is logged. Returns whether all are done."""
        if self.finish(AT_END_S):
            return True
        with self._changed:
            given_up = self._unfinished
            self._unfinished -= len(self._jobs)
            self._jobs.clear()
        message = "%s in the background took too long at the end and was given up."
        logging.getLogger("tinyarms").warning(message, counted(given_up, "job"))
        return False

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread = None
                    return
                job = self._jobs.popleft()
            _logged(job)
            with self._changed:
                self._unfinished -= 1
                self._changed.notify_all()


def _logged(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:
        # Nobody waits for the result, so only this place can report the error.
        logging.getLogger("tinyarms").warning("In the background: %s", error)
