"""Write the files and rows of a release."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.loop.project.context import Context
from tinyarms.release.holdback import MAX_OUTCOMES
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import ReleasePlan
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.store.db.records import (
    HistoryRecord,
    HoldbackRecord,
    IntentRecord,
)
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import read_text, write_atomically
from tinyarms.store.project.yaml_edit import set_skill_release


def write_files(context: Context, work: UnitOfWork, plan: ReleasePlan) -> None:
    root, file = context.project.root, context.project.root / plan.path
    # A file that is there is ours from before the crash, or was edited since: it stays.
    if not file.exists():
        write_atomically(file, plan.text)
    config: dict[str, Any] = dict(plan.config)
    history = config.pop("evolution_history")
    set_skill_release(root / CONFIG, plan.skill, history=history, **config)
    if plan.kind == "manual":
        _restore_adopted(context, work, plan)


def _restore_adopted(context: Context, work: UnitOfWork, plan: ReleasePlan) -> None:
    """Give the file that was edited by hand the text of its own version back."""
    before = work.versions.get(plan.skill, plan.from_version)
    if before is None:
        return
    path = context.project.root / before.path
    with suppress(PromptError, ConfigError):  # broken or gone: nothing that was adopted
        if parse_prompt_file(read_text(path), str(path)).hash == plan.prompt_version.prompt.hash:
            write_atomically(path, format_prompt_file(before.prompt))


def write_rows(context: Context, work: UnitOfWork, intent: IntentRecord, plan: ReleasePlan) -> None:
    version, config = plan.prompt_version, plan.config
    work.versions.add(version)
    work.history.activate(
        HistoryRecord(
            id=intent.id,
            skill=plan.skill,
            version=plan.version,
            prompt_template_path=plan.path,
            active_from=version.created_at,
            accuracy_start=config["current_accuracy"],
            evolution_source=intent.plan["source"],
            notes=intent.plan["reason"],
        ),
        accuracy_end=config["previous_accuracy"],
    )
    if intent.session_id is not None:
        _end_won(context, work, intent, plan)
    _change_holdback(work, intent, plan)
    _cancel_others(context, work, intent, plan)


def _change_holdback(work: UnitOfWork, intent: IntentRecord, plan: ReleasePlan) -> None:
    """The prompt that was watched is not in production any more; perhaps a new one is watched."""
    now, opened = plan.prompt_version.created_at, work.holdbacks.open(plan.skill)
    if opened is not None:
        ended = intent.plan.get("holdback_ended")
        result = "replaced" if ended is None else "rolled_back"
        reason = ended or f"Version {plan.version} went into production ({plan.kind})."
        end_holdback(work, opened, result, reason, now)
    rule = intent.plan.get("holdback")
    if rule is None:
        return
    work.holdbacks.add(
        HoldbackRecord(
            id=intent.id,
            skill=plan.skill,
            version=plan.version,
            reference=plan.from_version,
            rule=asdict(HoldbackRule(**rule)),
            began_at=now,
        )
    )


def end_holdback(
    work: UnitOfWork, held: HoldbackRecord, result: str, reason: str, now: datetime
) -> None:
    """End it and keep its counts, which outlive its tasks."""
    outcomes = work.holdbacks.outcomes(held.id, MAX_OUTCOMES)
    of_reference = [each.success for each in outcomes if each.reference]
    of_new = [each.success for each in outcomes if not each.reference]
    work.holdbacks.end(
        held.id,
        ended_at=now,
        result=result,
        reason=reason,
        new_n=len(of_new),
        new_successes=sum(of_new),
        reference_n=len(of_reference),
        reference_successes=sum(of_reference),
    )


def _end_won(context: Context, work: UnitOfWork, intent: IntentRecord, plan: ReleasePlan) -> None:
    assert intent.session_id is not None
    session = work.sessions.get(intent.session_id)
    assert session is not None
    now, letter = context.clock(), intent.plan["variant_letter"]
    for variant in work.experiments.variants(intent.session_id):
        won = variant.id == intent.plan["variant_id"]
        work.experiments.set_variant(variant.id, status="won" if won else "archived")
    decision = {
        "action": "promote",
        "reason": intent.plan["decision"],
        "variant": letter,
        "version": plan.version,
    }
    work.sessions.update(
        session.id,
        status="completed",
        stage="done",
        result="promoted",
        winning_variant=f"variant_{letter.lower()}",
        promoted_at=now,
        completed_at=session.completed_at or now,
        settings={**session.settings, "decision": decision},
    )


def _cancel_others(
    context: Context, work: UnitOfWork, intent: IntentRecord, plan: ReleasePlan
) -> None:
    """A session about a prompt that is not in production any more has nothing to find out."""
    for session in work.sessions.all(plan.skill):
        if session.status != "active" or session.id == intent.session_id:
            continue
        reason = f"Version {plan.version} went into production meanwhile ({plan.kind})."
        end_session(context, work, session.id, "cancelled", reason)


def end_session(
    context: Context, work: UnitOfWork, session_id: str, action: str, reason: str
) -> None:
    """End a session without a promotion: `keep`, `no_difference` or `cancelled`.

    Raises `ConflictError` if there is no such session.
    """
    session = work.sessions.get(session_id)
    settings = {} if session is None else session.settings
    for variant in work.experiments.variants(session_id):
        work.experiments.set_variant(variant.id, status="archived")
    cancelled = action == "cancelled"
    work.sessions.update(
        session_id,
        status="cancelled" if cancelled else "completed",
        stage="done",
        result={"keep": "kept", "no_difference": "no_difference"}.get(action),
        completed_at=context.clock(),
        settings={**settings, "decision": {"action": action, "reason": reason}},
    )
