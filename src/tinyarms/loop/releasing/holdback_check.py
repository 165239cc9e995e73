"""Holdbacks: assign tasks to the promoted prompt or the one before it, and decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tinyarms.core.ids import derived_random
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import needs_approval
from tinyarms.loop.releasing.release_intent import release
from tinyarms.loop.releasing.release_rows import end_holdback
from tinyarms.loop.releasing.restore import restoration
from tinyarms.release.holdback import (
    MAX_DAYS,
    MAX_OUTCOMES,
    HoldbackDecision,
    HoldbackOutcome,
    TrafficCounts,
    judge,
    suspended,
)
from tinyarms.store.db.records import HoldbackRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

WORSE = "Worse than the prompt before it"
"""Why the period of an automatically rolled back version ends."""
_STAYS = "It stays, because nobody has approved version {} since: a person has to decide."
"""Why a version that is worse is not rolled back automatically."""


def gets_reference(holdback: HoldbackRecord, task_id: str) -> bool:
    """Whether the task stays on the old prompt; the same in every process and at any time."""
    return derived_random("holdback", holdback.id, task_id).random() < holdback.rule.share


def ends_at(holdback: HoldbackRecord) -> datetime:
    """The latest time of the decision."""
    return holdback.began_at + timedelta(days=MAX_DAYS)


def why_suspended(holdback: HoldbackRecord) -> str | None:
    """Why the automatic decision is suspended, in one sentence; `None` if it is not."""
    return suspended(holdback.rule, TrafficCounts(holdback.tasks, holdback.reference_tasks))


def conclude_holdback(context: Context, name: str) -> HoldbackConclusion | None:
    """Decide on the skill's newest promotion; `None` while the evidence is not enough.

    A credibly worse prompt is rolled back: a new version gets the text of the one before it. Two
    processes at once decide only once. Raises `ConfigError` or `StoreError` if the files cannot be
    written; the decision is carried out once they can.
    """
    with context.store.read() as work:
        if not is_decided(context, work, name):
            return None
    with release(context, name) as releasing:
        work = releasing.work
        holdback = work.holdbacks.open(name)
        decision = _decision(context, work, holdback) if holdback else None
        if holdback is None or decision is None or decision.action == "go_on":
            return None
        if decision.action == "keep":
            end_holdback(work, holdback, "kept", decision.reason, context.clock())
            return HoldbackConclusion(name, "kept", holdback.version, None, decision.reason)
        reference = work.versions.get(name, holdback.reference)
        if needs_approval(context, work, name) and not work.approvals.is_approved(
            name, reference.prompt.hash
        ):
            reason = f"{decision.reason} {_STAYS.format(reference.number)}"
            end_holdback(work, holdback, "kept", reason, context.clock())
            return HoldbackConclusion(name, "kept", holdback.version, None, reason)
        planned = restoration(
            context, work, reference, holdback.version, "rollback", WORSE, decision.reason
        )
        releasing.plan(planned)
    number = releasing.version.number
    return HoldbackConclusion(name, "rolled_back", holdback.version, number, decision.reason)


def is_decided(context: Context, work: UnitOfWork, name: str) -> bool:
    """Whether the evidence on the skill's newest promotion is enough, but not stored as a decision
    yet."""
    holdback = work.holdbacks.open(name)
    return holdback is not None and _decision(context, work, holdback).action != "go_on"


def last_evolution(work: UnitOfWork, name: str) -> datetime | None:
    """When the cooldown of a skill began: its last session, or a later rollback."""
    session = work.sessions.latest(name)
    moments = (session.triggered_at if session else None, work.holdbacks.last_rollback(name))
    return max((moment for moment in moments if moment is not None), default=None)


def _decision(context: Context, work: UnitOfWork, holdback: HoldbackRecord) -> HoldbackDecision:
    outcomes = [
        HoldbackOutcome(outcome.reference, outcome.success, outcome.share)
        for outcome in work.holdbacks.outcomes(holdback.id, MAX_OUTCOMES)
    ]
    traffic = TrafficCounts(holdback.tasks, holdback.reference_tasks)
    return judge(holdback.rule, outcomes, holdback.began_at, context.clock(), traffic)


@dataclass(frozen=True)
class HoldbackConclusion:
    """The result of a holdback."""

    skill: str
    result: Literal["kept", "rolled_back"]
    version: int
    """Number of the promoted version."""
    restored_as: int | None
    """The new version with the old text; `None` if the promoted one was kept."""
    reason: str
