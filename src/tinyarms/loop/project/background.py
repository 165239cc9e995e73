"""Jobs that nobody waits for, one after another on a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tinyarms.core.text import counted

Job = Callable[[], object]
AT_END_S = 5.0
"""Seconds that `end` waits for the jobs. Higher: more ballots of slow models are made, and a
program takes longer to end."""


@dataclass(frozen=True)
class _Waiting:
    run: Job
    leave: Job | None
    """Notes it for another process; `None`: whoever uses the skill next does it anyway."""


@dataclass
class BackgroundJobs:
    """Runs jobs on one thread, which starts with the first job. A program that ends does not wait
    for it."""

    _jobs: deque[_Waiting] = field(default_factory=deque)
    _current: _Waiting | None = None
    _unfinished: int = 0
    _thread: threading.Thread | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self, job: Job, leave: Job | None = None) -> None:
        """Run the job after earlier jobs; an error is logged. `leave`: what `end` calls if the job
        is not done, so that another process can do it."""
        with self._changed:
            self._jobs.append(_Waiting(job, leave))
            self._unfinished += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tinyarms", daemon=True)
                self._thread.start()

    def finish(self, seconds: float | None = None) -> bool:
        """Wait until all jobs are done, but no longer than `seconds`; whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unfinished, seconds)

    def end(self, wait_s: float | None = None) -> bool:
        """Wait until all jobs are done, but no longer than `wait_s` seconds (`AT_END_S`); then
        those that are not are left to another process, which is logged. Returns whether all are
        done."""
        if self.finish(AT_END_S if wait_s is None else wait_s):
            return True
        with self._changed:
            left = [each for each in (self._current, *self._jobs) if each is not None]
            self._unfinished -= len(self._jobs)
            self._jobs.clear()
        for job in left:
            if job.leave is not None:
                _logged(job.leave)
        logging.getLogger("tinyarms").warning(
            "%s in the background took too long at the end. The next program that runs tasks takes "
            "over.",
            counted(len(left), "job"),
        )
        return False

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread = None
                    return
                job = self._current = self._jobs.popleft()
            _logged(job.run)
            with self._changed:
                self._current = None
                self._unfinished -= 1
                self._changed.notify_all()


def _logged(job: Job) -> None:
    try:
        job()
    except Exception as error:
        # Nobody waits for the result, so only this place can report the error.
        logging.getLogger("tinyarms").warning("In the background: %s", error)
