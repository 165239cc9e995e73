"""Use cases that take minutes: each runs on a thread of its own, and is watched and stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.errors import LeaseHeld, ModelError, ServiceError, UsageError
from tinyarms.core.file_names import FileNames
from tinyarms.core.ids import new_id
from tinyarms.core.plain import plain
from tinyarms.core.text import visible
from tinyarms.loop.project.listener import Estimate, Listener, Progress
from tinyarms.web.problems import refusal_of

MOST_RUNNING = 8
"""Most jobs that run at once. Higher: each of them is slower."""
MOST_KEPT = 200
"""Most finished jobs that are remembered; their results are in the project."""
MOST_EVENTS = 10_000
"""Most events of a job that are remembered, the newest."""

State = Literal["running", "done", "failed", "stopped"]
Work = Callable[["Job"], Any]


@dataclass(frozen=True)
class JobEvent:
    """Something that happened in a job."""

    number: int
    """From 1 on."""
    kind: Literal["estimate", "progress", "note", "done", "failed", "stopped"]
    data: Any
    """The estimate, the progress, the result or the error, as JSON types."""


@dataclass(frozen=True)
class JobView:
    """A job, as callers see it."""

    id: str
    what: str
    """What it does, such as `evolve`."""
    skill: str | None
    state: State
    started_at: datetime
    ended_at: datetime | None
    progress: Any
    """The last progress: `label`, `done`, `total`, `best`, `best_n`, `money`; `None` before."""
    result: Any
    """The answer of the use case, with the fields of docs/json.md; `None` before."""
    error: Any
    """`kind`, `message` and `hint` of what ended it; `None` if nothing did."""


class _Stopped(BaseException):
    """Ends the use case of a job that somebody stopped; what it has stored stays."""


@dataclass
class Job(Listener):
    """A running or finished job. It listens to its own use case."""

    id: str
    what: str
    skill: str | None
    clock: Clock
    file_names: FileNames
    started_at: datetime
    state: State = "running"
    ended_at: datetime | None = None
    stopping: bool = False
    latest: Any = None
    result: Any = None
    error: Any = None
    events: list[JobEvent] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _number: int = 0

    def estimate(self, estimate: Estimate) -> None:
        self._tell("estimate", plain(estimate))

    def progress(self, progress: Progress) -> None:
        self.latest = plain(progress)
        self._tell("progress", self.latest)
        if self.stopping:
            raise _Stopped

    def note(self, text: str) -> None:
        self._tell("note", {"text": self.file_names.text(text)})

    def run(self, work: Work) -> None:
        """Do the work, and remember how it ended."""
        try:
            self.result = plain(work(self))
            self._end("done", self.result)
        except _Stopped:
            self._end("stopped", None)
        except BaseException as error:
            if self.stopping and isinstance(error, ModelError):
                self._end("stopped", None)  # Its calls were ended with it.
                return
            self.error = _told(error)
            self._end("failed", self.error)

    def view(self) -> JobView:
        """The job now."""
        return JobView(
            id=self.id,
            what=self.what,
            skill=self.skill,
            state=self.state,
            started_at=self.started_at,
            ended_at=self.ended_at,
            progress=self.latest,
            result=self.result,
            error=self.error,
        )

    def events_after(self, number: int, wait_s: float) -> list[JobEvent]:
        """The events after this number; if there are none, waits for one, at most `wait_s`."""
        with self.changed:
            self.changed.wait_for(lambda: self._number > number or self.state != "running", wait_s)
            return [event for event in self.events if event.number > number]

    def wait(self, wait_s: float) -> None:
        """Wait until it has ended, at most so long."""
        with self.changed:
            self.changed.wait_for(lambda: self.state != "running", wait_s)

    def give_up(self) -> None:
        """If it still runs, it is stopped for whoever asks."""
        self._end("stopped", None)

    def _end(self, state: State, data: Any) -> None:
        with self.changed:
            if self.state != "running":
                return
            self._tell(state, data)
            self.ended_at = self.clock()
            self.state = state

    def _tell(self, kind: Any, data: Any) -> None:
        with self.changed:
            if self.state != "running":
                return  # Its end is the last event.
            self._number += 1
            self.events.append(JobEvent(self._number, kind, data))
            del self.events[:-MOST_EVENTS]
            self.changed.notify_all()


@dataclass
class Jobs:
    """The jobs of one service. Threads may share it."""

    file_names: FileNames
    """How notes name files."""
    clock: Clock = utc_now
    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, what: str, skill: str | None, work: Work, id: str | None = None) -> Job:
        """Begin a job; with the id of one that was begun before, that one.

        Raises `LeaseHeld` while too many run, and `ServiceError` if the machine has no thread left.
        """
        with self._lock:
            if id is not None and id in self._jobs:
                return self._jobs[id]
            if sum(job.state == "running" for job in self._jobs.values()) >= MOST_RUNNING:
                raise LeaseHeld(
                    f"{MOST_RUNNING} jobs run already.", "Wait until one has ended, or stop one."
                )
            job = Job(id or new_id(), what, skill, self.clock, self.file_names, self.clock())
            # A daemon: the program can end while a model is slow; the search resumes afterwards.
            thread = threading.Thread(target=job.run, args=[work], name=f"job {what}", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                raise ServiceError(
                    "The machine can start no more threads, so the job did not begin.",
                    "Try again when less is running.",
                ) from error
            self._jobs[job.id] = job
            self._forget_old()
        return job

    def get(self, id: str) -> Job:
        """The job of this id. Raises `UsageError` if there is none."""
        try:
            return self._jobs[id]
        except KeyError:
            raise UsageError(
                f"There is no job {visible(id)!r}.",
                "Jobs are forgotten when the service ends; what they found is in the project.",
            ) from None

    def all(self) -> list[Job]:
        """The jobs, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def stop(self, id: str) -> Job:
        """Let the job end at its next step. What it has stored stays."""
        job = self.get(id)
        job.stopping = True
        return job

    def stop_all(self) -> None:
        """Let each job end at its next step."""
        for job in self.all():
            job.stopping = True

    def give_up(self, wait_s: float) -> None:
        """Wait for the jobs, at most so long. Those that still run end with the process; whoever
        listens to them is told so now."""
        self.wait(wait_s)
        for job in self.all():
            job.give_up()

    def wait(self, wait_s: float) -> None:
        """Wait until all jobs have ended, at most so long."""
        ends = time.monotonic() + wait_s
        for job in self.all():
            job.wait(max(0.0, ends - time.monotonic()))

    def _forget_old(self) -> None:
        finished = [id for id, job in self._jobs.items() if job.state != "running"]
        for id in finished[: max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[id]


def _told(error: BaseException) -> Any:
    refused = refusal_of(error) if isinstance(error, Exception) else refusal_of(Exception())
    if refused.kind == "internal":
        logging.getLogger("tinyarms.web").error("a job failed", exc_info=error)
    return {"kind": refused.kind, "message": refused.message, "hint": refused.hint}
