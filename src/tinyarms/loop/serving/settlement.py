"""Decide whether a user's feedback on a task counts, and apply it.

Feedback is settled once, when both the feedback and its task exist. The decision depends on who
gives the feedback, never on its content. Feedback that does not count is stored, but changes
neither the task's outcome nor the examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tinyarms.core.errors import ContractViolation, UsageError
from tinyarms.core.privacy.masking import mask, masks_in
from tinyarms.core.settings import AbTesting
from tinyarms.experiments.voter_cap import ACTIVE_TIME, RECENT, is_counted
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.collecting import collect
from tinyarms.skills.same_output import comparable
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import COUNTS, FeedbackRecord, Standing, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


class Settled(NamedTuple):
    """What became of a piece of feedback."""

    standing: Standing
    success: bool
    """The outcome that it sets, if it counts."""
    not_collected: str | None = None
    """Why its correction is no example, in words; `None` if it is one, or if there is none."""


def settle(
    context: Context,
    work: UnitOfWork,
    skill: Skill | None,
    task: TaskRecord,
    feedback: FeedbackRecord,
) -> Settled:
    """Settle feedback whose task exists. Call it once for each piece of feedback.

    `skill`: as it is declared; `None` if it is not any more. A correction that is the task's output
    says that the output was right: a form that is sent back unchanged means that. It is an example
    all the same, as the user has named the right output. `task`: as it is stored.
    Raises `ContractViolation` for a correction that the skill could never answer.
    """
    fits = skill is not None and is_output(context, skill, task, feedback.correction)
    at, user = max(task.created_at, feedback.created_at), feedback.user or task.user
    limits = context.project.settings.ab_testing
    standing = _standing(work, task, feedback, user, limits)
    work.feedback.settle(feedback.id, task.skill, user, standing, at)
    success, source = feedback.outcome or (False, None)
    success = success or fits
    if standing not in COUNTS or source is None:
        return Settled(standing, success)
    work.tasks.set_outcome(task.id, success, source)
    if feedback.correction is None:
        return Settled(standing, success)
    if skill is None:
        return Settled(standing, success, f"{task.skill} is not in config.yaml. Declare it there.")
    why = collect(context, work, skill, task, feedback.correction, user, at)
    return Settled(standing, success, why)


def settle_new(
    context: Context,
    work: UnitOfWork,
    skill: Skill | None,
    task: TaskRecord,
    feedback: FeedbackRecord,
) -> Settled:
    """Settle feedback that comes now. The arguments are those of `settle`.

    Raises `UsageError` for a correction that the skill could never answer.
    """
    try:
        return settle(context, work, skill, task, feedback)
    except ContractViolation as error:
        raise UsageError(
            f"The correction of the task {task.id} is no output of {task.skill}: {error.message}"
        ) from error


def is_output(context: Context, skill: Skill, task: TaskRecord, correction: str | None) -> bool:
    """Whether a correction is what the task gave.

    Where private parts of tasks are masked, a correction that has one is taken for another output:
    the stored one does not show what was there. Raises `ContractViolation` if no output could be
    so.
    """
    if correction is None:
        return False
    parsed, masks = skill.contract.parse(correction), context.task_masks
    if masks and parsed not in skill.contract.labels and masks_in(mask(parsed, masks).text):
        return False
    right = comparable(skill.contract, parsed)
    return right == comparable(skill.contract, task.output)


def settle_waiting(
    context: Context, work: UnitOfWork, skill: Skill | None, task: TaskRecord
) -> None:
    """Settle feedback that came before its task, oldest first.

    A correction that breaks the contract is a failure only: whoever sent it is not there any more.
    """
    for feedback in work.feedback.of(task.id):
        if feedback.standing is not None:
            continue
        task = work.tasks.get(task.id) or task  # Its outcome may be that of earlier feedback.
        try:
            settle(context, work, skill, task, feedback)
        except ContractViolation:
            settle(context, work, None, task, feedback)


def _standing(
    work: UnitOfWork,
    task: TaskRecord,
    feedback: FeedbackRecord,
    user: str | None,
    limits: AbTesting,
) -> Standing:
    since = max(task.created_at, feedback.created_at) - ACTIVE_TIME
    # This also keeps others from settling feedback on the skill meanwhile.
    newest = work.feedback.newest_users(task.skill, since, RECENT)
    # A task without an outcome has no feedback that counts.
    given = [] if task.success is None else work.feedback.of(task.id)
    earlier = [other for other in given if other.standing in COUNTS]
    if not limits.others_overturn and not _may_set_outcome(task, user, earlier):
        return "opinion"
    if any(other.user == user for other in earlier):
        return "changed"
    if user and not work.tasks.has_run(user, limits.min_tasks):
        return "new_name"
    counts = is_counted(user or "", Counter(newest), limits.max_votes_ahead)
    return "counted" if counts else "over_cap"


def _may_set_outcome(task: TaskRecord, user: str | None, earlier: Sequence[FeedbackRecord]) -> bool:
    """Whether a user may set the task's outcome: the task's own user may, whoever set it may change
    it unless the task's own user has said something since, and any user may where there is none."""
    if task.user is not None and user == task.user:
        return True
    if task.user is not None and any(other.user == task.user for other in earlier):
        return False
    if earlier:
        return user == earlier[-1].user
    return task.user is None or task.success is None
