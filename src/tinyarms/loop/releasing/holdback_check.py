"""A prompt that was just promoted, beside the one before it: who gets which, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tinyarms.core.ids import derived_random
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import (
    Release,
    apply_intent,
    in_production,
    plan_intent,
    settled,
)
from tinyarms.loop.releasing.release_rows import end_holdback
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

TAKEN_BACK = "Worse than the prompt before it"
"""Why the time of a version ends that is rolled back by itself."""


def gets_reference(held: HoldbackRecord, task_id: str) -> bool:
    """Whether the task stays on the old prompt: the same in every process, whenever asked."""
    return derived_random("holdback", held.id, task_id).random() < held.rule.share


def ends_at(held: HoldbackRecord) -> datetime:
    """When it is decided at the latest."""
    return held.began_at + timedelta(days=MAX_DAYS)


def why_suspended(held: HoldbackRecord) -> str | None:
    """Why nothing is decided by itself, in one sentence; `None`: something may be."""
    return suspended(held.rule, TrafficCounts(held.tasks, held.reference_tasks))


def conclude_holdback(context: Context, name: str) -> HoldbackConclusion | None:
    """Decide on the skill's newest promotion if the evidence is in; `None` while it is not.

    A prompt that is credibly worse is rolled back: a new version with the text of the one before
    it. Two processes at once decide once. Raises `ConfigError` or `StoreError` if the files
    cannot be written; it is carried out once they can.
    """
    with context.store.read() as work:
        held = work.holdbacks.open(name)
        if held is None or _decision(context, work, held).action == "go_on":
            return None
    with settled(context, name) as work:
        held = work.holdbacks.open(name)
        decision = _decision(context, work, held) if held else None
        if held is None or decision is None or decision.action == "go_on":
            return None
        if decision.action == "keep":
            end_holdback(work, held, "kept", decision.reason, context.clock())
            return HoldbackConclusion(name, "kept", held.version, None, decision.reason)
        intent_id = plan_intent(context, work, _taking_back(context, work, held, decision.reason))
    apply_intent(context, intent_id)
    with context.store.read() as work:
        version = in_production(work, name).number
    return HoldbackConclusion(name, "rolled_back", held.version, version, decision.reason)


def last_evolution(work: UnitOfWork, name: str) -> datetime | None:
    """When the cooldown of a skill began: its last session, or a prompt taken back since."""
    session = work.sessions.latest(name)
    moments = (session.triggered_at if session else None, work.holdbacks.last_rollback(name))
    return max((moment for moment in moments if moment is not None), default=None)


def _decision(context: Context, work: UnitOfWork, held: HoldbackRecord) -> HoldbackDecision:
    outcomes = [
        HoldbackOutcome(each.reference, each.success, each.share)
        for each in work.holdbacks.outcomes(held.id, MAX_OUTCOMES)
    ]
    traffic = TrafficCounts(held.tasks, held.reference_tasks)
    return judge(held.rule, outcomes, held.began_at, context.clock(), traffic)


def _taking_back(context: Context, work: UnitOfWork, held: HoldbackRecord, reason: str) -> Release:
    reference = work.versions.get(held.skill, held.reference)
    ends = [row for row in work.history.all(held.skill) if row.version == held.reference]
    return Release(
        skill=held.skill,
        prompt=reference.prompt,
        cause="taken_back",
        expected_version=held.version,
        reason=TAKEN_BACK,
        source="rollback",
        previous_accuracy=known_accuracy(work, held.skill, held.version, context.clock()),
        current_accuracy=ends[-1].accuracy_end if ends else None,
        restored=held.reference,
        evidence=reason,
    )


@dataclass(frozen=True)
class HoldbackConclusion:
    """What became of a promoted prompt that was compared with the one before it."""

    skill: str
    result: Literal["kept", "rolled_back"]
    version: int
    """The promoted one."""
    restored_as: int | None
    """The new version with the old text; `None` if the promoted one was kept."""
    reason: str
