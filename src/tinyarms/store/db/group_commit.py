"""Small writes of many threads, committed together by one background thread.

A transaction of one row costs about as much as one of a hundred rows, and SQLite has one writer at
a time. So a caller that records a task does not wait: the job goes into a queue, and all queued
jobs are written in one transaction.

With a `Journal`, the line of a job is put into it at once, so that the end of the process does not
lose it. The thread then begins a moment later: whoever added a job goes on first, and more may
come.

If the database does not take them in time, the jobs that have a line for it are handed to `keep`,
which puts the lines beside the project. Whoever stores these later, or those of a journal, has to
notice those that the database had taken after all.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from tinyarms.core.errors import TinyArmsError
from tinyarms.store.db.cut_off import repeated
from tinyarms.store.db.outage import is_outage
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.journal import Journal

Job = Callable[[UnitOfWork], None]


@dataclass(frozen=True)
class Joint:
    """A job that is written together with others of its kind."""

    write_all: Callable[[UnitOfWork, Sequence[Any]], None]
    """Writes what `item` makes for jobs that have the same `write_all`."""
    item: Callable[[], object]

    def __call__(self, work: UnitOfWork) -> None:
        self.write_all(work, [self.item()])


First = Callable[[], object]
"""Runs before a job, while the database is not locked."""
Line = Callable[[], str]
"""Makes the line that is kept of a job which the database does not take."""
Keep = Callable[[Sequence[str]], None]
"""Keeps lines. Raises `StoreError`."""

_QUIET_S = 0.01
"""Seconds without a further job after which a transaction of jobs that are in a journal begins,
unless somebody waits for it: beside it, whoever answers requests is slowed down. Higher: fewer
requests meet it, and other processes see a row later."""
_LONGEST_S = 0.05
"""Most seconds between the first job and its transaction. Higher: more likely that there is such a
moment, and fewer transactions under a high load."""
LATE_S = 0.1
"""Seconds that a transaction may take before its jobs are handed to `keep`. Higher: fewer lines are
kept while other processes write much, and a killed process loses more of an outage's first rows."""
_AT_ONCE = 500
_MOST_WAITING = 10_000
"""Queued jobs from which they are handed to `keep`; without it, a caller waits. Higher: more
memory."""
_LONGEST_CLOSE_S = 2.0
"""Seconds that `close` waits for the database before the rest is handed to `keep`. Higher: fewer
lines are kept, and a program takes longer to end."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A job in the queue."""

    job: Job
    first: First | None
    line: Line | None
    key: str | None
    is_kept: bool = False
    """Whether its line was handed to `keep`: nobody waits for it any more."""
    in_journal: bool = False
    """Whether its line is in the journal."""


class GroupCommit:
    """Writes jobs in the order in which they came. The thread starts with the first job.

    A killed process loses the waiting jobs that are not in a journal, a few milliseconds' worth; a
    process that ends loses none.
    """

    keep: Keep | None = None
    """Keeps the lines of jobs that the database does not take; `None`: jobs wait for it."""
    journal: Journal | None = None
    """Has the lines of jobs that are not written yet, where it could take them."""

    def __init__(
        self,
        unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]],
        at_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """`at_rest`: called after a transaction while no job waits, for what can be done then."""
        self._unit_of_work, self._at_rest = unit_of_work, at_rest
        self._queue: deque[_Waiting | threading.Event | None] = deque()
        self._current: list[_Waiting] = []
        """The jobs that are being written."""
        self._began: float | None = None
        """When their transaction or `at_rest` began, by the monotonic clock; `None` between."""
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._is_waited_for = False
        """Whether the thread is to begin at once."""
        self._looks_for_quiet = False
        """Whether the thread waits for a moment in which no job comes."""
        self._writing = threading.Event()
        self._journaling = threading.Lock()
        """Held while a line gets into the journal, and while this is emptied."""
        self._being_kept = 0
        """Number of threads that hand lines to `keep`."""
        self.waiting = 0
        """Number of jobs that are added and neither written nor kept."""
        self._keys: set[str] = set()
        """The keys of those jobs."""
        self._thread: threading.Thread | None = None
        self._ending: threading.Thread | None = None
        """A thread that writes its last jobs."""

    @property
    def is_late(self) -> bool:
        """Whether the database takes longer than `LATE_S` for the present transaction."""
        began = self._began
        return began is not None and time.monotonic() - began > LATE_S

    def has(self, key: str) -> bool:
        """Whether a job of this key is added and neither written nor kept."""
        return key in self._keys

    def add(
        self,
        job: Job,
        first: First | None = None,
        line: Line | None = None,
        key: str | None = None,
    ) -> None:
        """Queue a job. A failed job is logged, because nobody waits for it.

        `first` is called once before the job, outside of any transaction. If it fails, the failure
        is logged and the job is still written. `line`: what is kept if the database does not take
        the job. `key`: of what it writes, for `has`.
        """
        if self.waiting > _MOST_WAITING:
            self.give_up()
            if self.waiting > _MOST_WAITING:
                self.flush()
        with self._lock:
            self.waiting += 1
            if self._thread is None:
                self._start()
            if key is not None:
                self._keys.add(key)
            added = _Waiting(job, first, line, key)
            self._queue.append(added)
            if len(self._queue) == 1 or self._looks_for_quiet:
                self._arrived.notify()
        if self.journal is not None:
            with self._journaling:
                self._note(self.journal, [added])

    def settle(self, patience_s: float) -> None:
        """See to it that the end of the process does not lose the jobs added so far: wait until
        those that are not in the journal are written. What takes longer than `patience_s` is handed
        to `keep`."""
        if self.waiting and not self._are_in_journal() and not self.flush(patience_s):
            self.give_up()

    def _are_in_journal(self) -> bool:
        """Whether the lines of all waiting jobs are in the journal now."""
        if self.journal is None:
            return False
        with self._journaling:
            with self._lock:
                others = [each for each in self._waiting_jobs() if not each.in_journal]
            return not others or self._note(self.journal, others)

    def _note(self, journal: Journal, jobs: Sequence[_Waiting]) -> bool:
        """Put the lines of jobs into the journal; whether they are there. The caller holds
        `_journaling`."""
        if not _are_noted(journal, jobs):
            return False
        with self._lock:
            for each in jobs:
                each.in_journal = True
        self._empty_journal()  # They may be written by now.
        return True

    def _empty_journal(self) -> None:
        """Empty the journal, unless it has the line of a job that still waits. The caller holds
        `_journaling`."""
        with self._lock:
            is_needed = self._being_kept or any(each.in_journal for each in self._waiting_jobs())
        if self.journal is not None and not is_needed:
            self.journal.empty()

    def _waiting_jobs(self) -> Iterator[_Waiting]:
        """The jobs that are neither written nor kept."""
        for item in chain(self._current, self._queue):
            if isinstance(item, _Waiting) and not item.is_kept:
                yield item

    def flush(self, patience_s: float | None = None) -> bool:
        """Wait until all jobs added so far are written or kept. False if this takes longer than
        `patience_s`."""
        if not self.waiting:
            return True
        written = threading.Event()
        with self._lock:
            if self._thread is None or threading.current_thread() is self._thread:
                return True
            self._queue.append(written)
            self._hurry()
        return written.wait(patience_s)

    def give_up(self) -> None:
        """Hand the lines of all waiting jobs to `keep`, and forget the jobs that have one."""
        if self.keep is None:
            return
        with self._lock:
            late = [each for each in self._waiting_jobs() if each.line]
            self._mark_kept(late)
            self._queue = deque(item for item in self._queue if not _is_kept(item))
        self._hand_over(late)
        with self._lock:
            if self.waiting:
                return
            for item in self._queue:
                if isinstance(item, threading.Event):
                    item.set()

    def close(self) -> None:
        """Write the remaining jobs and end the thread. If Ctrl-C ends the wait for it, the end of
        the program waits again. With `keep`, the wait is short, and the rest is kept."""
        with self._lock:
            if self._thread is not None:
                self._queue.append(None)
                self._hurry()
                self._ending, self._thread = self._thread, None
        if self._ending is not None:
            self._ending.join(None if self.keep is None else _LONGEST_CLOSE_S)
            if self._ending.is_alive():
                self.give_up()
            if self.journal is not None:
                self.journal.close()
            atexit.unregister(self.close)

    def _hurry(self) -> None:
        """Have the thread begin at once."""
        self._is_waited_for = True
        self._arrived.notify()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="tinyarms-writer", daemon=True)
        self._thread.start()
        if self.keep is not None:
            watch = threading.Thread(
                target=self._watch, args=(self._thread,), name="tinyarms-keeper", daemon=True
            )
            watch.start()
        # A program that ends without `close` also loses nothing.
        atexit.register(self.close)

    def _watch(self, writer: threading.Thread) -> None:
        """Give up what the database does not take in time."""
        while writer.is_alive():
            self._writing.wait()
            time.sleep(LATE_S / 2)
            if self.is_late and self.waiting:
                self.give_up()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            jobs, waiting, goes_on = self._gather()
            prepared = [_prepared(each) for each in jobs]
            self._began = time.monotonic()
            self._writing.set()
            self._write(prepared)
            self._began = None
            with self._lock:
                self._current = []
            if any(each.in_journal for each in jobs):
                with self._journaling:
                    self._empty_journal()
            with self._lock:
                self.waiting -= sum(not each.is_kept for each in jobs)
                self._forget_keys(jobs)
            for event in waiting:
                event.set()
            if not self._queue and goes_on:
                self._rest()
            with self._lock:
                if not self._queue and goes_on:
                    self._writing.clear()
        self._writing.set()  # So that the thread that watches sees the end.

    def _rest(self) -> None:
        self._began = time.monotonic()
        try:
            self._at_rest()
        except Exception as error:
            _log("After tasks were stored", error)
        self._began = None

    def _gather(self) -> tuple[list[_Waiting], list[threading.Event], bool]:
        """The queued jobs, the callers that wait for them, and whether more may come."""
        jobs, waiting = list[_Waiting](), list[threading.Event]()
        with self._lock:
            self._arrived.wait_for(lambda: self._queue)
            self._wait_for_quiet()
            while self._queue and len(jobs) < _AT_ONCE:
                item = self._queue.popleft()
                if item is None:
                    return jobs, waiting, False
                if isinstance(item, threading.Event):
                    waiting.append(item)
                else:
                    jobs.append(item)
                    self._current.append(item)
        return jobs, waiting, True

    def _wait_for_quiet(self) -> None:
        """Wait for a moment in which no job comes, if those that are there are in the journal and
        nobody waits for them."""
        begin_by = time.monotonic() + _LONGEST_S
        self._looks_for_quiet = self.journal is not None
        while self._looks_for_quiet and not self._is_waited_for:
            n = len(self._queue)
            self._arrived.wait(_QUIET_S)
            self._looks_for_quiet = len(self._queue) > n and time.monotonic() < begin_by
        self._looks_for_quiet = self._is_waited_for = False

    def _write(self, jobs: list[_Waiting]) -> None:
        try:
            self._write_together([each.job for each in jobs])
        except Exception as error:
            if is_outage(error):
                jobs = self._kept(jobs)
            if len(jobs) == 1:
                _log("A task could not be stored", error)
                return
            for each in jobs:
                self._write([each])

    def _kept(self, jobs: list[_Waiting]) -> list[_Waiting]:
        """Keep the lines of those jobs that have one; returns the others."""
        if self.keep is None:
            return jobs
        with self._lock:
            late = [each for each in jobs if each.line and not each.is_kept]
            self._mark_kept(late)
        self._hand_over(late)
        return [each for each in jobs if not each.line]

    def _mark_kept(self, late: Sequence[_Waiting]) -> None:
        """Nobody else keeps them. `_hand_over` has to follow."""
        self._being_kept += 1
        for each in late:
            each.is_kept = True
        self.waiting -= len(late)
        self._forget_keys(late)

    def _hand_over(self, late: Sequence[_Waiting]) -> None:
        """Keep the lines of jobs that are marked."""
        assert self.keep is not None
        try:
            are_kept = _are_kept(self.keep, late)
        finally:
            with self._lock:
                self._being_kept -= 1
        if are_kept:
            with self._journaling:
                self._empty_journal()

    def _forget_keys(self, jobs: Sequence[_Waiting]) -> None:
        self._keys.difference_update(each.key for each in jobs if each.key is not None)

    def _write_together(self, jobs: list[Job]) -> None:
        if jobs:
            repeated(lambda: self._write_once(jobs))

    def _write_once(self, jobs: list[Job]) -> None:
        with self._unit_of_work() as work:
            for write_all, same in groupby(jobs, lambda job: getattr(job, "write_all", None)):
                if write_all is None:
                    for job in same:
                        job(work)
                else:
                    write_all(work, [job.item() for job in same if isinstance(job, Joint)])


def _is_kept(item: _Waiting | threading.Event | None) -> bool:
    return isinstance(item, _Waiting) and item.is_kept


def _are_noted(journal: Journal, jobs: Sequence[_Waiting]) -> bool:
    """Whether all of them have a line, and the lines are in the journal."""
    try:
        lines = [each.line() for each in jobs if each.line]
        return len(lines) == len(jobs) and journal.append(lines)
    except Exception as error:
        _log("A task waits until it is stored", error)
        return False


def _are_kept(keep: Keep, late: Sequence[_Waiting]) -> bool:
    """Whether their lines could be kept."""
    try:
        lines = [each.line() for each in late if each.line]
        if lines:
            keep(lines)
    except Exception as error:
        _log(f"{len(late)} tasks could not be stored", error)
        return False
    return True


def _prepared(waiting: _Waiting) -> _Waiting:
    """The job, after its `first` has run."""
    if waiting.first is not None:
        try:
            waiting.first()
        except Exception as error:
            _log("Before a task was stored", error)
    return waiting


def _log(message: str, error: Exception) -> None:
    why = error if isinstance(error, TinyArmsError) else repr(error)
    logging.getLogger("tinyarms").warning("%s: %s", message, why)
