"""What users say of tasks."""

from __future__ import annotations

from tinyarms.core.errors import ContractViolation, UsageError
from tinyarms.core.ids import new_id
from tinyarms.loop.context import Context
from tinyarms.loop.corrections import collect
from tinyarms.loop.serving import look_soon
from tinyarms.loop.views import FeedbackResult
from tinyarms.store.records import FeedbackRecord
from tinyarms.store.unit_of_work import UnitOfWork


def feedback(
    context: Context,
    task_id: str,
    *,
    success: bool | None = None,
    correction: str | None = None,
    feedback_id: str | None = None,
    user: str | None = None,
) -> FeedbackResult:
    """Say that a task was a success or a failure, or what its output should have been.

    A correction makes a failure, and an example to learn from. Sent twice with the same
    `feedback_id` it counts once; it may come before its task. Raises `UsageError` unless exactly
    one of `success` and `correction` is given, and for a correction that breaks the skill's
    output contract.
    """
    if (success is None) == (correction is None):
        raise UsageError(
            f"Feedback on the task {task_id} needs either success or correction.",
            "Give exactly one of them.",
        )
    record = FeedbackRecord(
        id=feedback_id or new_id(),
        task_id=task_id,
        created_at=context.clock(),
        success=success,
        correction=correction,
        user=user,
    )
    with context.store.unit_of_work(durable=True) as work:
        if work.feedback.add(record):
            _use(context, work, record)
        task = work.tasks.get(task_id)
        awaited = task is not None and (
            task.variant_id is not None or work.holdbacks.open(task.skill) is not None
        )
    if task is not None and awaited:
        look_soon(context, task.skill)
    return FeedbackResult(task_id, task is not None, bool(success))


def _use(context: Context, work: UnitOfWork, record: FeedbackRecord) -> None:
    outcome, task = record.outcome, work.tasks.get(record.task_id)
    if outcome is None or task is None:
        return
    work.tasks.set_outcome(task.id, *outcome)
    config = context.project.skills.get(task.skill)
    if record.correction is None or config is None:
        return
    try:
        collect(work, config.skill, task, record.correction, record.created_at)
    except ContractViolation as error:
        raise UsageError(
            f"The correction of the task {task.id} is no output of {task.skill}: {error.message}"
        ) from error
