"""Take users' feedback on tasks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from tinyarms.core.errors import ContractViolation, StoreError, UsageError
from tinyarms.core.ids import check_ids, new_id
from tinyarms.core.privacy.masking import mask
from tinyarms.core.text import storable
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.collecting import note_synced
from tinyarms.loop.serving.conclude_in_background import conclude_in_background
from tinyarms.loop.serving.settlement import Settled, is_output, settle_new
from tinyarms.loop.serving.spooling import KeptFeedback, keep, line_of
from tinyarms.store.db.outage import StillWriting
from tinyarms.store.db.records import COUNTS, FeedbackRecord, OutcomeSource, Standing, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

PATIENCE_S = 1.0
"""Seconds that a user waits for the database before feedback is kept beside the project. Higher:
more users learn at once whether it counts, and one waits longer in an outage."""

Uncounted = Literal["over_cap", "new_name", "opinion"]


@dataclass(frozen=True)
class FeedbackResult:
    """The effect of a piece of feedback."""

    task_id: str
    known: bool
    """Whether the task is known; if not, its outcome is set when the task arrives."""
    success: bool
    """The outcome that this feedback sets. A correction sets failure, unless it is what the task
    gave: then the output was right."""
    counted: bool | None
    """Whether it counts. False: it is only stored, for the reason in `uncounted`. `None`: not
    decided until the task arrives."""
    uncounted: Uncounted | None
    """Why it does not count. `over_cap`: its user is too far ahead of the others; `new_name`: its
    user has run too few tasks (`ab_testing.min_tasks`); `opinion`: the task already has an outcome,
    which only another user may change."""
    collected: bool | None = None
    """Whether the correction was made an example that searches may learn from. `None`: there was
    nothing to collect, it is not decided until the task arrives, or it was sent before."""
    not_collected: str | None = None
    """Why it was not, and what to do about it, in words; `None` where `collected` is not False."""
    replaced: bool | None = None
    """The outcome of the task before, if this feedback changed it (True: success); else `None`."""
    skill: str | None = None
    """The task's skill; `None` until the task arrives."""
    waits: bool = False
    """Whether it waits on the disk, because the database cannot be used now. It is stored and
    settled once the database can."""


def feedback(
    context: Context,
    task_id: str,
    *,
    success: bool | None = None,
    correction: str | None = None,
    feedback_id: str | None = None,
    user: str | None = None,
) -> FeedbackResult:
    """Report that a task was a success or a failure, or its right output.

    A correction makes a failure, and an example to learn from; the result says if it could not be
    one. A correction that is what the task gave says that the output was right. Sent twice with the
    same `feedback_id` it counts once; it may come before its task. Without a `user` it is that of
    the task. Feedback that does not count is stored too (`FeedbackResult.uncounted`). While the
    database cannot be used, it is on the disk when this returns (`FeedbackResult.waits`). Raises
    `UsageError` unless exactly one of `success` and `correction` is given, and for a correction
    that breaks the skill's output contract; `ConfigError` if the skill cannot be used now.
    """
    check_ids(task_id=task_id, feedback_id=feedback_id, user=user)
    if success not in (None, True, False):
        what = f"Feedback on the task {task_id}: success is {success!r}."
        raise UsageError(what, "Give True or False.")
    if not isinstance(correction, str | None):
        what = f"Feedback on the task {task_id}: the correction is {correction!r}."
        raise UsageError(what, "Give the right output as text.")
    if (success is None) == (correction is None):
        raise UsageError(
            f"Feedback on the task {task_id} needs either success or correction.",
            "Give exactly one of them.",
        )
    correction = None if correction is None else storable(correction)
    record = FeedbackRecord(
        id=feedback_id or new_id(),
        task_id=task_id,
        created_at=context.clock(),
        success=success,
        correction=correction,
        user=user,
    )
    stored = record
    if correction is not None:
        stored = replace(record, correction=mask(correction, context.task_masks).text)
    if context.store.read_only:
        return _store(context, record, stored)
    try:
        return context.standby.writing.ask(lambda: _store(context, record, stored), PATIENCE_S)
    except StoreError as error:
        if context.standby.writing.answers and not isinstance(error, StillWriting):
            raise
        keep(context, [line_of(KeptFeedback(feedback=stored))])
    return replace(_result(record, None, None, True), waits=True)


def _store(context: Context, record: FeedbackRecord, stored: FeedbackRecord) -> FeedbackResult:
    """Store it, and settle it if its task is there. `stored`: the record, masked."""
    task_id, correction = record.task_id, record.correction
    with context.store.impatient(PATIENCE_S), context.store.unit_of_work(durable=True) as work:
        added = work.feedback.add(stored)
        task = work.tasks.get(task_id)
        if task is None:
            settled = None
        elif added:
            config = context.find_skill(task.skill)
            skill = None if config is None else config.skill
            settled = settle_new(context, work, skill, task, record)
        else:
            settled = _before(context, work, record, task)
        standing = settled and settled.standing
        awaited = task is not None and (
            task.variant_id is not None or work.holdbacks.open(task.skill) is not None
        )
    if task is not None and correction is not None and added and standing in COUNTS:
        note_synced(context, task.skill)
    if task is not None and settled is not None and added and standing in COUNTS:
        source: OutcomeSource = "feedback" if correction is None else "correction"
        context.spans.outcome(replace(task, success=settled.success, outcome_source=source))
    if task is not None and awaited and standing in COUNTS:
        conclude_in_background(context, task.skill)
    return _result(record, task, settled, added)


def _result(
    feedback: FeedbackRecord, task: TaskRecord | None, settled: Settled | None, added: bool
) -> FeedbackResult:
    """What is told of it. `task`: as it was before; `added`: False if it was sent before."""
    standing = settled and settled.standing
    counts, uncounted = standing in COUNTS, _reason(standing)
    right = settled.success if settled else bool(feedback.success)
    before = task.success if task is not None and added and counts else None
    result = FeedbackResult(
        task_id=feedback.task_id,
        known=task is not None,
        success=right,
        counted=None if task is None else counts,
        uncounted=uncounted,
        replaced=None if before is right else before,
        skill=None if task is None else task.skill,
    )
    if feedback.correction is None or settled is None or not added:
        return result
    why = settled.not_collected or (_UNCOUNTED[uncounted] if uncounted else None)
    return replace(result, collected=why is None, not_collected=why)


_UNCOUNTED: Mapping[Uncounted, str] = {
    "over_cap": "This user is far ahead of the others. Later feedback counts again once they give "
    "more.",
    "new_name": "This user has run too few tasks. Run more first (ab_testing.min_tasks).",
    "opinion": "The task has an outcome of another user, who alone can change it: ask that user.",
}


def _reason(standing: Standing | None) -> Uncounted | None:
    """Why feedback does not count; `None` if it does, or if that is not settled."""
    match standing:
        case "over_cap" | "new_name" | "opinion":
            return standing
        case _:
            return None


def _before(
    context: Context, work: UnitOfWork, record: FeedbackRecord, task: TaskRecord
) -> Settled | None:
    """What became of it when it was sent first."""
    stored = work.feedback.get(record.id)
    if stored is None or stored.standing is None:
        return None
    config, success = context.project.skills.get(task.skill), bool(stored.success)
    if config is not None:
        with suppress(ContractViolation):
            success = success or is_output(context, config.skill, task, stored.correction)
    return Settled(stored.standing, success)
