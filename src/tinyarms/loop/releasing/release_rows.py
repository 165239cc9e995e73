"""Write the rows of a release."""

from __future__ import annotations

from datetime import datetime

from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.release.holdback import MAX_OUTCOMES
from tinyarms.store.db.records import (
    ApprovalRecord,
    HistoryRecord,
    HoldbackRecord,
    HoldbackResult,
    IntentRecord,
    SessionState,
    VariantRef,
)
from tinyarms.store.db.unit_of_work import UnitOfWork


def write_rows(context: Context, work: UnitOfWork, intent: IntentRecord) -> None:
    plan = intent.plan
    version = plan.prompt_version
    work.versions.add(version)
    work.history.activate(
        HistoryRecord(
            id=intent.id,
            skill=plan.skill,
            version=plan.version,
            prompt_template_path=plan.path,
            active_from=version.created_at,
            accuracy_start=plan.config.current_accuracy,
            evolution_source=intent.source,
            notes=intent.reason,
        ),
        accuracy_end=plan.config.previous_accuracy,
    )
    if intent.session_id is not None and intent.variant is not None:
        _end_won(context, work, intent, intent.session_id, intent.variant)
    elif intent.session_id is not None:  # of a refresh
        work.sessions.promote(
            intent.session_id, None, plan.version, intent.evidence, context.clock()
        )
    _change_holdback(work, intent)
    _cancel_others(context, work, intent)
    _end_approval(context, work, intent)


def _end_approval(context: Context, work: UnitOfWork, intent: IntentRecord) -> None:
    """A release that goes back from a prompt ends the approval of that prompt."""
    plan = intent.plan
    before = work.versions.find(plan.skill, plan.from_version)
    if intent.kind != "rollback" or before is None or not work.approvals.is_on(plan.skill):
        return
    if before.prompt.hash != plan.prompt.hash:
        work.approvals.add(
            ApprovalRecord(
                id=derived_id("taken back", intent.id),
                skill=plan.skill,
                verdict="taken_back",
                at=context.clock(),
                prompt_hash=before.prompt.hash,
                note=f"version {plan.version} went back from version {plan.from_version}",
            )
        )


def _change_holdback(work: UnitOfWork, intent: IntentRecord) -> None:
    """End the holdback of the replaced version, and begin one for the new version, if any."""
    plan = intent.plan
    opened = work.holdbacks.open(plan.skill)
    if opened is not None and intent.cause == "rollback":
        end_holdback(work, opened, "rolled_back", intent.evidence, plan.at)
    elif opened is not None:
        reason = f"Version {plan.version} went into production ({plan.kind})."
        end_holdback(work, opened, "replaced", reason, plan.at)
    if intent.holdback is None:
        return
    work.holdbacks.add(
        HoldbackRecord(
            id=intent.id,
            skill=plan.skill,
            version=plan.version,
            reference=plan.from_version,
            rule=intent.holdback,
            began_at=plan.at,
        )
    )


def end_holdback(
    work: UnitOfWork, holdback: HoldbackRecord, result: HoldbackResult, reason: str, now: datetime
) -> None:
    """End a holdback and store its counts, which stay when its tasks are pruned."""
    outcomes = work.holdbacks.outcomes(holdback.id, MAX_OUTCOMES)
    work.holdbacks.end(
        holdback.id,
        result,
        reason,
        now,
        new=[outcome.success for outcome in outcomes if not outcome.reference],
        reference=[outcome.success for outcome in outcomes if outcome.reference],
    )


def _end_won(
    context: Context, work: UnitOfWork, intent: IntentRecord, session_id: str, winner: VariantRef
) -> None:
    for variant in work.experiments.variants(session_id):
        if variant.id == winner.id:
            work.experiments.set_status(variant.id, "won")
        elif variant.status not in ("waiting", "cut"):
            work.experiments.set_status(variant.id, "archived")
    work.sessions.promote(
        session_id, winner.letter, intent.plan.version, intent.evidence, context.clock()
    )


def _cancel_others(context: Context, work: UnitOfWork, intent: IntentRecord) -> None:
    """Cancel open sessions about a prompt that is no longer in production."""
    plan = intent.plan
    waiting = (s for s in work.sessions.refreshes(plan.skill) if s.state is SessionState.IN_REVIEW)
    for session in (*work.sessions.all(plan.skill), *waiting):
        if session.state.is_terminal or session.id == intent.session_id:
            continue
        how = f" ({plan.kind})"
        if plan.kind == "manual":
            how = f": a prompt file was edited by hand. The edited prompt is in {plan.path}"
        reason = f"Version {plan.version} went into production meanwhile{how}."
        end_session(context, work, session.id, SessionState.CANCELLED, reason)


def end_session(
    context: Context, work: UnitOfWork, session_id: str, state: SessionState, reason: str
) -> None:
    """End a session in this state, without a promotion.

    Variants that wait for a later round go on waiting, unless it is cancelled.

    Raises `ExperimentError` if there is no such session, `ConflictError` if it has ended otherwise.
    """
    for variant in work.experiments.variants(session_id):
        waits = variant.status == "waiting" and state is not SessionState.CANCELLED
        if not waits and variant.status != "cut":
            work.experiments.set_status(variant.id, "archived")
    work.sessions.end(session_id, state, reason, context.clock())
