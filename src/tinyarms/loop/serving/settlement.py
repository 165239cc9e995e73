"""Whether what a user says of a task counts, and what follows from it.

It is settled once, when both the feedback and its task are there, and by who says it: what is
said has no part in it. What does not count stays in the store, and moves nothing: neither the
task's outcome nor the examples.
"""

from __future__ import annotations

from datetime import timedelta

from tinyarms.core.errors import ContractViolation
from tinyarms.experiments.voter_cap import RECENT, outcome_counts
from tinyarms.loop.serving.corrections import collect
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import FeedbackRecord, Standing, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

TAKING_PART = timedelta(days=3)
"""Whoever said something of the skill in this time takes part: it bridges a weekend."""


def settle(
    work: UnitOfWork, skill: Skill | None, task: TaskRecord, said: FeedbackRecord, ahead: int
) -> Standing:
    """Let feedback whose task is there count, if it does. Call it once for each feedback.

    `skill`: as it is declared; `None` if it is not any more. `ahead`:
    `ab_testing.max_votes_ahead`. Raises `ContractViolation` for a correction that the skill could
    never answer.
    """
    if skill is not None and said.correction is not None:
        skill.contract.parse(said.correction)
    at, user = max(task.created_at, said.created_at), said.user or task.user
    standing = _standing(work, task, said, user, ahead)
    work.feedback.settle(said.id, task.skill, user, standing, at)
    if standing == "over_cap" or said.outcome is None:
        return standing
    work.tasks.set_outcome(task.id, *said.outcome)
    if said.correction is not None and skill is not None:
        collect(work, skill, task, said.correction, at)
    return standing


def settle_waiting(work: UnitOfWork, skill: Skill, task: TaskRecord, ahead: int) -> None:
    """The same for feedback that came before its task, oldest first.

    A correction that breaks the contract is a failure only: whoever sent it is not there any more.
    """
    for said in work.feedback.of(task.id):
        if said.standing is not None:
            continue
        try:
            settle(work, skill, task, said, ahead)
        except ContractViolation:
            settle(work, None, task, said, ahead)


def _standing(
    work: UnitOfWork, task: TaskRecord, said: FeedbackRecord, user: str | None, ahead: int
) -> Standing:
    since = max(task.created_at, said.created_at) - TAKING_PART
    newest = work.feedback.newest_users(task.skill, since, RECENT)
    before = work.feedback.of(task.id)
    if any(each.standing == "counted" and each.user == user for each in before):
        return "changed"
    return "counted" if outcome_counts(user or "", newest, ahead) else "over_cap"
