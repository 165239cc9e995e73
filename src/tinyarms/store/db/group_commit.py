"""Small writes of many threads, committed together by a thread of its own.

A transaction costs much the same whether it writes one row or a hundred, and SQLite lets one
writer in at a time. So nobody who records a task waits for it: the job goes into a queue, and
whatever has gathered there is written in one transaction.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue

from tinyarms.core.errors import TinyArmsError
from tinyarms.store.db.unit_of_work import UnitOfWork

Job = Callable[[UnitOfWork], None]
First = Callable[[], object]
"""What is done before a job, while the database is not locked for it."""
_Waiting = tuple[Job, First | None]

_AT_ONCE = 500
_MOST_WAITING = 10_000
"""From here on, whoever adds a job waits: memory has an end."""


class GroupCommit:
    """Begins its thread with the first job. Jobs are written in the order in which they came.

    A killed process loses what waits, which is a few milliseconds of it; one that ends does not.
    """

    def __init__(self, unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
        self._unit_of_work = unit_of_work
        self._queue: SimpleQueue[_Waiting | threading.Event | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._added = self._written = 0
        self._thread: threading.Thread | None = None

    def add(self, job: Job, first: First | None = None) -> None:
        """Write it soon. A job that fails is logged: nobody waits for it.

        `first` is called once before it, outside of any transaction. If it fails, that is logged
        and the job is written all the same.
        """
        if self._added - self._written > _MOST_WAITING:
            self.flush()
        with self._lock:
            self._added += 1
            if self._thread is None:
                self._start()
            self._queue.put((job, first))

    def flush(self, patience_s: float | None = None) -> bool:
        """Wait until all that was added before is written. False if it took longer than that."""
        if self._written == self._added:
            return True
        written = threading.Event()
        with self._lock:
            if self._thread is None or threading.current_thread() is self._thread:
                return True
            self._queue.put(written)
        return written.wait(patience_s)

    def close(self) -> None:
        """Write what is left and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()
            atexit.unregister(self.close)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="tinyarms-writer", daemon=True)
        self._thread.start()
        # A program that ends without closing loses nothing either.
        atexit.register(self.close)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            jobs, waiting, goes_on = self._gather()
            self._write([_prepared(job) for job in jobs])
            with self._lock:
                self._written += len(jobs)
            for event in waiting:
                event.set()

    def _gather(self) -> tuple[list[_Waiting], list[threading.Event], bool]:
        """What has come, who waits for it, and whether more may come."""
        jobs, waiting = list[_Waiting](), list[threading.Event]()
        item = self._queue.get()
        while item is not None:
            if isinstance(item, threading.Event):
                waiting.append(item)
            else:
                jobs.append(item)
            if len(jobs) >= _AT_ONCE:
                break
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
        return jobs, waiting, item is not None

    def _write(self, jobs: list[Job]) -> None:
        try:
            self._write_together(jobs)
        except Exception as error:
            if len(jobs) == 1:
                _log("A task could not be stored", error)
                return
            for job in jobs:
                self._write([job])

    def _write_together(self, jobs: list[Job]) -> None:
        if jobs:
            with self._unit_of_work() as work:
                for job in jobs:
                    job(work)


def _prepared(waiting: _Waiting) -> Job:
    """The job, after what is done before it."""
    job, first = waiting
    if first is not None:
        try:
            first()
        except Exception as error:
            _log("Before a task was stored", error)
    return job


def _log(message: str, error: Exception) -> None:
    why = error if isinstance(error, TinyArmsError) else repr(error)
    logging.getLogger("tinyarms").warning("%s: %s", message, why)
