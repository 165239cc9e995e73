"""Make a ballot of a task that was served, in the background, if users are asked about it."""

from __future__ import annotations

from collections.abc import Callable

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import derived_random
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.routing import PATIENCE_S
from tinyarms.loop.testing.asking import why_not_asked
from tinyarms.loop.testing.ballots import ballot_id_of, open_test, prepare_ballot
from tinyarms.loop.testing.live_session import is_open_ended
from tinyarms.skills.execution import Execution
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def ask(context: Context, task: TaskRecord, served: Execution) -> str | None:
    """The id of the ballot that is being made of a task, if one is."""

    def read() -> str | None:
        with context.store.read_now() as work:
            return _new_ballot(context, work, task)

    return _begun(context, task, served, read)


def _begun(
    context: Context, task: TaskRecord, served: Execution | None, read: Callable[[], str | None]
) -> str | None:
    """The id that `read` finds, whose ballot is now being made.

    A moment in which the database is slow costs no ballot: then both are done in the background,
    and the caller does not learn the id.
    """
    reading = context.standby.reading
    answered = reading.answers
    try:
        ballot_id = reading.ask(read, PATIENCE_S)
    except StoreError:
        if answered:
            context.in_background(lambda: _prepare(context, task, served) if read() else None)
        return None
    if ballot_id is not None:
        context.in_background(lambda: _prepare(context, task, served))
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
            test = open_test(work, task.skill)
            if test is None or task.created_at < test.started_at:
                return None
            return _new_ballot(context, work, task)

    return _begun(context, task, None, read)
