"""Keep tasks and feedback while the database does not take them, and store them once it does.

Each is stored once: a task by its id, feedback by its own, so what a killed process had stored
already changes nothing when it is stored again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from tinyarms.core.errors import StoreError
from tinyarms.core.text import counted
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.known_outcome import with_known_outcome
from tinyarms.loop.serving.settlement import settle_waiting
from tinyarms.skills.skill import Skill
from tinyarms.store.db.outage import is_outage
from tinyarms.store.db.records import FeedbackRecord, HoldbackTaskRecord, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.spool import SpoolUnusable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_AT_ONCE = 500
"""Lines that are stored in one transaction. Higher: fewer transactions, and other processes wait
longer for each."""
_PATIENCE_S = 2.0
"""Seconds to wait for a writer of another process before the lines wait again."""
_RETRY_AFTER_S = 0.5
"""Seconds between two attempts to store what waits. Higher: less work in an outage, and rows come
later after it."""
_log = logging.getLogger("tinyarms")


@dataclass(frozen=True, kw_only=True)
class KeptTask:
    """A task that waits for the database. Its private parts are masked already."""

    task: TaskRecord
    holdback: HoldbackTaskRecord | None = None
    expected: str | None = None
    """The right output, if the scorer has not judged the task yet and the caller knows it."""
    kind: Literal["task"] = "task"


@dataclass(frozen=True, kw_only=True)
class KeptFeedback:
    """Feedback that waits for the database."""

    feedback: FeedbackRecord
    kind: Literal["feedback"] = "feedback"


Kept = KeptTask | KeptFeedback


@cache
def _adapter() -> TypeAdapter[Kept]:
    from pydantic import TypeAdapter

    return TypeAdapter(Kept)


def line_of(kept: Kept) -> str:
    """It as a line of a spool."""
    return _adapter().dump_json(kept, exclude_none=True).decode()


def keep(context: Context, lines: Sequence[str], synced: bool = True) -> None:
    """Keep lines until the database takes them; they are on the disk when this returns.

    Without `synced` that is so a moment later: the end of the process loses nothing, a power cut
    may. Raises `StoreError` if the spool is full or cannot be written.
    """
    context.standby.spools.append(lines, synced)
    context.store.has_kept = True
    begin_returning(context)


def begin_returning(context: Context) -> None:
    """In the background, store what waits as soon as the database takes it, until nothing waits."""
    standby = context.standby
    if context.store.read_only or not standby.returning.acquire(blocking=False):
        return

    def returning() -> None:
        try:
            while not standby.closing.wait(_RETRY_AFTER_S):
                standby.spools.sync()
                if _tried(context) and standby.spools.is_empty:
                    return
        finally:
            standby.returning.release()

    threading.Thread(target=returning, name="tinyarms-returns", daemon=True).start()


def _tried(context: Context) -> bool:
    writing = context.standby.writing
    try:
        store_kept(context)
    except SpoolUnusable as error:
        _log.warning("%s", error)
        return False
    except StoreError as error:
        writing.fail(error)
        return False
    except Exception as error:
        _log.warning("What waits for the database could not be stored: %r", error)
        return False
    writing.succeed()
    return True


def store_kept(context: Context) -> int:
    """Store what waits, of all processes. Returns how many lines were stored.

    Another process that is at it is not waited for. Raises `StoreError` if the database does not
    take it, also if nothing waits, and `SpoolUnusable` if what waits cannot be taken.
    """
    try:
        return _store_kept(context)
    except OSError as error:
        raise SpoolUnusable(
            f"What waits for the database cannot be taken ({error.strerror or error}).",
            "Make the project's folder writable, or some room on its disk.",
        ) from error


def _store_kept(context: Context) -> int:
    spools, stored = context.standby.spools, 0
    # First: in an outage, who runs tasks would wait while this process reads the lines, and would
    # have to begin another file each time.
    with context.store.impatient(_PATIENCE_S), context.store.write_now():
        pass
    with spools.taking() as segments:
        for spool, path in segments:
            lines = spool.lines_of(path)
            for start in range(0, len(lines), _AT_ONCE):
                refused = _store(context, lines[start : start + _AT_ONCE])
                if refused:
                    where = spool.put_aside(refused)
                    _log.warning(
                        "%s can never be stored, and is put aside: %s",
                        counted(len(refused), "line"),
                        where,
                    )
            spool.done(path)
            stored += len(lines)
    if spools.is_empty:
        context.store.has_kept = False
    if stored:
        _log.info(
            "The database takes tasks again: %s of the spool stored.", counted(stored, "line")
        )
    return stored


def see_own(context: Context) -> None:
    """Store what this process has kept, so that what it reads next has it; it waits a moment for a
    thread that is at it. Nothing happens while the database does not take it."""
    spools, end = context.standby.spools, time.monotonic() + _PATIENCE_S
    while context.store.has_kept and time.monotonic() < end:
        with suppress(StoreError):
            store_kept(context)
            context.standby.writing.succeed()
            if spools.is_empty:
                return
            time.sleep(0.02)
            continue
        return


def _store(context: Context, lines: Sequence[str]) -> list[str]:
    """Store the lines in one transaction; returns those that can never be stored.

    Raises `StoreError` if the database takes none.
    """
    try:
        _write(context, [_job(context, line) for line in lines])
    except Exception as error:
        if is_outage(error):
            raise
        if len(lines) == 1:
            _log.warning("A task or feedback is refused: %s", error)
            return list(lines)
        refused = []
        for line in lines:
            refused += _store(context, [line])
        return refused
    return []


def _write(context: Context, jobs: Sequence[Callable[[UnitOfWork], object]]) -> None:
    with (
        context.store.impatient(_PATIENCE_S),
        context.store.write_now(durable=True) as work,
    ):
        for job in jobs:
            job(work)


def _job(context: Context, line: str) -> Callable[[UnitOfWork], object]:
    """Writes the line's rows. Tasks are scored before, while the database is not locked."""
    kept = _adapter().validate_json(line)
    if isinstance(kept, KeptFeedback):
        return lambda work: add_feedback(context, work, kept.feedback)
    config, task = context.project.skills.get(kept.task.skill), kept.task
    skill = None if config is None else config.skill
    if skill is not None and task.success is None:
        task = with_known_outcome(context, skill, task, kept.expected)
    return lambda work: add_tasks(work, [NewTask(context, skill, task, kept.holdback)])


class NewTask(NamedTuple):
    """A task to be stored."""

    context: Context
    skill: Skill | None
    """As it is declared; `None` if it is not any more."""
    task: TaskRecord
    holdback: HoldbackTaskRecord | None


def add_tasks(work: UnitOfWork, added: Sequence[NewTask]) -> None:
    """Store tasks, unless they are stored, and settle feedback that came before them."""
    work.tasks.add_all([each.task for each in added])
    with_feedback = work.feedback.tasks_with_any([each.task.id for each in added])
    for each in added:
        if each.holdback is not None:
            work.holdbacks.add_task(each.holdback)
        if each.task.id in with_feedback:
            settle_waiting(each.context, work, each.skill, each.task)


def add_feedback(context: Context, work: UnitOfWork, feedback: FeedbackRecord) -> None:
    """Store feedback, unless it is stored, and settle it if its task is there."""
    added = work.feedback.add(feedback)
    task = work.tasks.get(feedback.task_id)
    if added and task is not None:
        config = context.project.skills.get(task.skill)
        settle_waiting(context, work, None if config is None else config.skill, task)
