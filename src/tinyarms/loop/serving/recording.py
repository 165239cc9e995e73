"""Record a served task."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache

from tinyarms.core.errors import ContractViolation, StoreError
from tinyarms.core.privacy.masking import mask
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.conclude_in_background import conclude_in_background
from tinyarms.loop.serving.known_outcome import may_be_scored, with_known_outcome
from tinyarms.loop.serving.routing import RoutedPrompt, renew_if_due
from tinyarms.loop.serving.spooling import KeptTask, NewTask, add_tasks, keep, line_of
from tinyarms.skills.picture import mask_inputs
from tinyarms.skills.skill import Skill
from tinyarms.store.db.group_commit import Joint
from tinyarms.store.db.records import TaskRecord


def record_task(
    context: Context,
    skill: Skill,
    task: TaskRecord,
    served: RoutedPrompt,
    expected: str | None,
    reply: str,
) -> None:
    """Write the task's row in the background, with its outcome if the right output is known.

    On SQLite the task is in the journal when this returns, and survives the end of the process; and
    so it does everywhere, in the spool, while the database does not take rows.

    `expected`: the right output in canonical form; `None` if the caller knows none.
    `reply`: the model's text.
    """
    holdback_task = served.holdback_task(task.id, task.created_at)
    row, scored = task, may_be_scored(skill, expected)

    def before() -> None:
        nonlocal row
        renew_if_due(context, task.skill)
        if scored:
            row = with_known_outcome(context, skill, task, expected)
            context.spans.outcome(row)

    @cache
    def without_outcome() -> TaskRecord:
        return _masked(context, skill, task, reply)

    def masked() -> TaskRecord:
        return replace(without_outcome(), success=row.success, outcome_source=row.outcome_source)

    def new_task() -> NewTask:
        return NewTask(context, skill, masked(), holdback_task)

    def line() -> str:
        return line_of(KeptTask(task=masked(), holdback=holdback_task, expected=expected))

    if context.standby.writing.answers and not context.store.is_late:
        context.store.write_soon(Joint(add_tasks, new_task), before, line, task.id)
    else:
        _keep(context, task, line())
    if task.variant_id is not None or (holdback_task is not None and scored):
        conclude_in_background(context, task.skill)


def _keep(context: Context, task: TaskRecord, line: str) -> None:
    try:
        keep(context, [line], synced=False)
    except StoreError as error:
        message = "%s: the task %s is not stored: %s"
        logging.getLogger("tinyarms").warning(message, task.skill, task.id, error)


def _masked(context: Context, skill: Skill, task: TaskRecord, reply: str) -> TaskRecord:
    """The task without its private parts. One of a skill's labels is not private."""
    output, violation, masks = task.output, task.violation, context.task_masks
    if output is not None and output not in skill.contract.labels:
        output = mask(output, masks).text
    if violation is not None and masks:
        # It quotes the start of the reply, and half of an address would not be recognised as one.
        try:
            skill.contract.parse(mask(reply, masks).text)
        except ContractViolation as error:
            violation = error.message
        violation = mask(violation, masks).text
    return replace(task, inputs=mask_inputs(task.inputs, masks), output=output, violation=violation)
