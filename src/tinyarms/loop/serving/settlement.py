"""Whether what a user says of a task counts, and what follows from it.

It is settled once, when both the feedback and its task are there, and by who says it: what the
user says has no part in it. Feedback that does not count stays in the store and moves nothing:
neither the task's outcome nor the examples.
"""

from __future__ import annotations

from datetime import timedelta

from tinyarms.core.errors import ContractViolation
from tinyarms.experiments.voter_cap import RECENT, outcome_counts
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.collecting import collect
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import FeedbackRecord, Standing, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

TAKING_PART = timedelta(days=3)
"""Whoever said something of the skill in this time takes part: it bridges a weekend."""


def settle(
    context: Context,
    work: UnitOfWork,
    skill: Skill | None,
    task: TaskRecord,
    feedback: FeedbackRecord,
) -> Standing:
    """Let feedback whose task is there count, if it does. Call it once for each feedback.

    `skill`: as it is declared; `None` if it is not any more. Raises `ContractViolation` for a
    correction that the skill could never answer.
    """
    if skill is not None and feedback.correction is not None:
        skill.contract.parse(feedback.correction)
    at, user = max(task.created_at, feedback.created_at), feedback.user or task.user
    ahead = context.project.settings.ab_testing.max_votes_ahead
    standing = _standing(work, task, feedback, user, ahead)
    work.feedback.settle(feedback.id, task.skill, user, standing, at)
    if standing == "over_cap" or feedback.outcome is None:
        return standing
    work.tasks.set_outcome(task.id, *feedback.outcome)
    if feedback.correction is not None and skill is not None:
        collect(context, work, skill, task, feedback.correction, user, at)
    return standing


def settle_waiting(context: Context, work: UnitOfWork, skill: Skill, task: TaskRecord) -> None:
    """The same for feedback that came before its task, oldest first.

    A correction that breaks the contract is a failure only: whoever sent it is not there any more.
    """
    for feedback in work.feedback.of(task.id):
        if feedback.standing is not None:
            continue
        try:
            settle(context, work, skill, task, feedback)
        except ContractViolation:
            settle(context, work, None, task, feedback)


def _standing(
    work: UnitOfWork, task: TaskRecord, feedback: FeedbackRecord, user: str | None, ahead: int
) -> Standing:
    since = max(task.created_at, feedback.created_at) - TAKING_PART
    newest = work.feedback.newest_users(task.skill, since, RECENT)
    earlier = work.feedback.of(task.id)
    if any(row.standing == "counted" and row.user == user for row in earlier):
        return "changed"
    return "counted" if outcome_counts(user or "", newest, ahead) else "over_cap"
