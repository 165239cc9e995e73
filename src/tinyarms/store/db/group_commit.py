"""Small writes of many threads, committed together by one background thread.

A transaction of one row costs about as much as one of a hundred rows, and SQLite has one writer at
a time. So a caller that records a task does not wait: the job goes into a queue, and all queued
jobs are written in one transaction.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue

from tinyarms.core.errors import TinyArmsError
from tinyarms.store.db.cut_off import repeated
from tinyarms.store.db.unit_of_work import UnitOfWork

Job = Callable[[UnitOfWork], None]
First = Callable[[], object]
"""Runs before a job, while the database is not locked."""
_Waiting = tuple[Job, First | None]

_AT_ONCE = 500
_MOST_WAITING = 10_000
"""Queued jobs from which a caller waits. Higher: more memory, fewer waits."""


class GroupCommit:
    """Writes jobs in the order in which they came. The thread starts with the first job.

    A killed process loses the waiting jobs, a few milliseconds' worth; a process that ends loses
    none.
    """

    def __init__(self, unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
        self._unit_of_work = unit_of_work
        self._queue: SimpleQueue[_Waiting | threading.Event | None] = SimpleQueue()
        self._lock = threading.Lock()
        self.waiting = 0
        """Number of jobs that are added and not yet written."""
        self._thread: threading.Thread | None = None
        self._ending: threading.Thread | None = None
        """A thread that writes its last jobs."""

    def add(self, job: Job, first: First | None = None) -> None:
        """Queue a job. A failed job is logged, because nobody waits for it.

        `first` is called once before the job, outside of any transaction. If it fails, the failure
        is logged and the job is still written.
        """
        if self.waiting > _MOST_WAITING:
            self.flush()
        with self._lock:
            self.waiting += 1
            if self._thread is None:
                self._start()
            self._queue.put((job, first))

    def flush(self, patience_s: float | None = None) -> bool:
        """Wait until all jobs added so far are written. False if this takes longer than
        `patience_s`."""
        if not self.waiting:
            return True
        written = threading.Event()
        with self._lock:
            if self._thread is None or threading.current_thread() is self._thread:
                return True
            self._queue.put(written)
        return written.wait(patience_s)

    def close(self) -> None:
        """Write the remaining jobs and end the thread. If Ctrl-C ends the wait for it, the end of
        the program waits again."""
        with self._lock:
            if self._thread is not None:
                self._queue.put(None)
                self._ending, self._thread = self._thread, None
        if self._ending is not None:
            self._ending.join()
            atexit.unregister(self.close)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="tinyarms-writer", daemon=True)
        self._thread.start()
        # A program that ends without `close` also loses nothing.
        atexit.register(self.close)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            jobs, waiting, goes_on = self._gather()
            self._write([_prepared(job) for job in jobs])
            with self._lock:
                self.waiting -= len(jobs)
            for event in waiting:
                event.set()

    def _gather(self) -> tuple[list[_Waiting], list[threading.Event], bool]:
        """The queued jobs, the callers that wait for them, and whether more may come."""
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
            repeated(lambda: self._write_once(jobs))

    def _write_once(self, jobs: list[Job]) -> None:
        with self._unit_of_work() as work:
            for job in jobs:
                job(work)


def _prepared(waiting: _Waiting) -> Job:
    """The job, after its `first` has run."""
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
