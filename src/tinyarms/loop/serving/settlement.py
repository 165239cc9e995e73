"""Whether what a user says of a task counts, and what follows from it.

It is settled once, when both the feedback and its task are there, and by who says it: what the
user says has no part in it. Feedback that does not count stays in the store and moves nothing:
neither the task's outcome nor the examples.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tinyarms.core.errors import ContractViolation
from tinyarms.core.ids import content_hash
from tinyarms.experiments.voter_cap import RECENT, outcome_counts
from tinyarms.skills.example import Example, assign_split
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import FeedbackRecord, Standing, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

TAKING_PART = timedelta(days=3)
"""Whoever said something of the skill in this time takes part: it bridges a weekend."""


def settle(
    work: UnitOfWork, skill: Skill | None, task: TaskRecord, feedback: FeedbackRecord, ahead: int
) -> Standing:
    """Let feedback whose task is there count, if it does. Call it once for each feedback.

    `skill`: as it is declared; `None` if it is not any more. `ahead`:
    `ab_testing.max_votes_ahead`. Raises `ContractViolation` for a correction that the skill could
    never answer.
    """
    if skill is not None and feedback.correction is not None:
        skill.contract.parse(feedback.correction)
    at, user = max(task.created_at, feedback.created_at), feedback.user or task.user
    standing = _standing(work, task, feedback, user, ahead)
    work.feedback.settle(feedback.id, task.skill, user, standing, at)
    if standing == "over_cap" or feedback.outcome is None:
        return standing
    work.tasks.set_outcome(task.id, *feedback.outcome)
    if feedback.correction is not None and skill is not None:
        _collect(work, skill, task, feedback.correction, at)
    return standing


def settle_waiting(work: UnitOfWork, skill: Skill, task: TaskRecord, ahead: int) -> None:
    """The same for feedback that came before its task, oldest first.

    A correction that breaks the contract is a failure only: whoever sent it is not there any more.
    """
    for feedback in work.feedback.of(task.id):
        if feedback.standing is not None:
            continue
        try:
            settle(work, skill, task, feedback, ahead)
        except ContractViolation:
            settle(work, None, task, feedback, ahead)


def _standing(
    work: UnitOfWork, task: TaskRecord, feedback: FeedbackRecord, user: str | None, ahead: int
) -> Standing:
    since = max(task.created_at, feedback.created_at) - TAKING_PART
    newest = work.feedback.newest_users(task.skill, since, RECENT)
    earlier = work.feedback.of(task.id)
    if any(other.standing == "counted" and other.user == user for other in earlier):
        return "changed"
    return "counted" if outcome_counts(user or "", newest, ahead) else "over_cap"


def _collect(
    work: UnitOfWork, skill: Skill, task: TaskRecord, correction: str, now: datetime
) -> None:
    """Keep the correction as an example; a gold example of the same inputs stays as it is.

    The same inputs are the same example, in the same split: an optimiser must not read what the
    gate will ask. Raises `ContractViolation` if the skill could never answer so.
    """
    expected = skill.contract.parse(correction)
    inputs = dict(task.inputs)
    same = [e for e in work.examples.all(skill.name) if dict(e.inputs) == inputs]
    if any(example.origin == "gold" for example in same):
        return
    example = Example(
        id=content_hash(inputs)[:16],
        inputs=inputs,
        expected=expected,
        split=assign_split(inputs),
        origin="collected",
    )
    work.examples.sync(skill.name, [example], now)
