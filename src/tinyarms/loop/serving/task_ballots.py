"""Make a ballot of a task that was served, in the background, if users are asked about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tinyarms.core.errors import ConfigError, ExperimentError, StoreError
from tinyarms.core.ids import derived_random
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.spools import FOLDER
from tinyarms.loop.serving.routing import PATIENCE_S
from tinyarms.loop.testing.asking import why_not_asked
from tinyarms.loop.testing.ballots import ballot_id_of, open_test, prepare_ballot
from tinyarms.loop.testing.live_session import is_open_ended
from tinyarms.skills.execution import Execution
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.spool import Spool

_MOST_BYTES = 1_000_000
"""Size of the notes of unfinished ballots, some 20,000. Higher: more of them are made later."""


def ask(context: Context, task: TaskRecord, served: Execution) -> str | None:
    """The id of the ballot that is being made of a task, if one is."""

    def read() -> str | None:
        with context.store.read_now() as work:
            return _new_ballot(context, work, task)

    take_over(context)
    return _begun(context, task, served, read)


def _begun(
    context: Context, task: TaskRecord, served: Execution | None, read: Callable[[], str | None]
) -> str | None:
    """The id that `read` finds, whose ballot is now being made.

    A moment in which the database is slow costs no ballot: then both are done in the background,
    and the caller does not learn the id.
    """
    reading, leave = context.standby.reading, partial(_leave, context, task)
    answered = reading.answers
    try:
        ballot_id = reading.ask(read, PATIENCE_S)
    except StoreError:
        if answered:
            context.in_background(
                lambda: _prepare(context, task, served) if read() else None, leave
            )
        return None
    if ballot_id is not None:
        context.in_background(lambda: _prepare(context, task, served), leave)
    return ballot_id


def _new_ballot(context: Context, work: UnitOfWork, task: TaskRecord) -> str | None:
    """The id of the ballot to make of this task; `None` if users are not asked about it."""
    session = work.sessions.open(task.skill)
    tested = session is not None and session.state.counts_votes
    if session is None or not tested or session.base_version != task.prompt_version:
        return None
    plan, ballot_id = session.live_test_plan, ballot_id_of(session.id, task.id)
    known = work.experiments.ballot(ballot_id)
    if known is not None:
        return ballot_id if known.has_choice else None
    if why_not_asked(work, session, task.user, context.clock()):
        return None
    # Without a limit on the votes, no more than `max_votes` ballots wait at a time.
    picks = 0 if is_open_ended(session) else work.experiments.count_picks(session.id)
    waiting = work.experiments.count_waiting(task.skill, task.user)
    if picks + waiting >= plan.limits.max_votes:
        return None
    if derived_random("show", task.id).random() >= plan.limits.show_probability:
        return None
    return ballot_id


def _prepare(context: Context, task: TaskRecord, served: Execution | None) -> None:
    prepare_ballot(context, task.skill, task.inputs, task.id, task.user, served)


def ask_again(context: Context, task: TaskRecord) -> str | None:
    """The ballot that was made of a task before; begun anew if its process died over it."""

    def read() -> str | None:
        with context.store.read_now() as work:
            return _ballot_again(context, work, task)

    return _begun(context, task, None, read)


def _ballot_again(context: Context, work: UnitOfWork, task: TaskRecord) -> str | None:
    test = open_test(work, task.skill)
    if test is None or task.created_at < test.started_at:
        return None
    return _new_ballot(context, work, task)


# Ballots of models that are slower than a program ends.


def unfinished(context: Context) -> Spool:
    """The ids of the tasks whose ballots their programs did not finish."""
    return Spool(context.project.root / FOLDER / "ballots", _MOST_BYTES)


def _leave(context: Context, task: TaskRecord) -> None:
    unfinished(context).append([task.id])


def take_over(context: Context) -> None:
    """In the background, once in a process: make the ballots that others did not finish."""
    if not context.standby.has_taken_over:
        context.standby.has_taken_over = True
        if not unfinished(context).is_empty:
            context.in_background(lambda: finish_ballots(context))


def finish_ballots(context: Context) -> int:
    """Make the ballots that other programs did not finish, unless one of them is at it; their
    number. What fails is tried again by the next one. Raises `ModelError`, `StoreError`."""
    spool, made = unfinished(context), 0
    with spool.taking() as segments:
        for path in segments:
            for task_id in spool.lines_of(path):
                made += _finish(context, task_id)
            spool.done(path)
    return made


def _finish(context: Context, task_id: str) -> bool:
    """Whether there was something to do: the task may be gone, or its live test over."""
    with context.store.read() as work:
        task = work.tasks.get(task_id)
        wanted = task is not None and _ballot_again(context, work, task) is not None
    if task is None or not wanted:
        return False
    try:
        _prepare(context, task, None)
    except (ConfigError, ExperimentError):
        return False
    return True
