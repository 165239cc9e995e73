"""Put a prompt into production: an intent first, then the files, then done.

Whoever is killed in between leaves an intent behind, and the next process carries it out: it
writes the same files again. The files are written inside the unit of work that ends with "done",
so no two processes write them at once, and nobody sees the files of one release with the rows of
another for longer than that unit of work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tinyarms.core.errors import ConfigError, ConflictError, PromptError, TinyArmsError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.release.holdback import MAX_OUTCOMES, HoldbackRule, holdback_rule
from tinyarms.release.plan import Era, Kind, ReleasePlan, plan_release
from tinyarms.skills.prompt import Prompt, PromptVersion, format_prompt_file, parse_prompt_file
from tinyarms.store.db.records import (
    HistoryRecord,
    HoldbackRecord,
    IntentRecord,
    VariantRecord,
)
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import read_text, write_atomically
from tinyarms.store.project.yaml_edit import set_skill_release


@dataclass(frozen=True, kw_only=True)
class Release:
    """What is to go into production, and why."""

    skill: str
    prompt: Prompt
    kind: Kind
    expected_version: int
    """The version that is in production now; the release does not happen if it is not."""
    reason: str
    """Why that version's time ends ("Accuracy drop")."""
    source: str
    """Who wrote the prompt: `SmolLM2`, `manual`, `rollback` …"""
    previous_accuracy: float | None = None
    current_accuracy: float | None = None
    restored: int | None = None
    """In a rollback, the version whose text returns."""
    variant: VariantRecord | None = None
    """The variant that wins its session by this."""
    decision: str = ""
    """The evidence, in plain words; kept with the session."""
    by_hand: bool = False
    """A person asked for it; else the evidence did."""
    periodic: bool = False
    """The setting `reset_after_days` asked for it; it is watched like a promotion."""
    holdback_ended: str | None = None
    """Why the prompt that was watched is taken back by itself."""


def release_version(context: Context, release: Release) -> PromptVersion:
    """Put it into production. Raises `ConflictError` if the ground has moved.

    An error while the files are written (`StoreError`, `ConfigError`) leaves the intent behind;
    it is carried out once the cause is gone.
    """
    with settled(context, release.skill) as work:
        intent_id = plan_intent(context, work, release)
    apply_intent(context, intent_id)
    with context.store.read() as work:
        return in_production(work, release.skill)


@contextmanager
def settled(context: Context, name: str) -> Iterator[UnitOfWork]:
    """A durable unit of work in which no release of the skill is under way, nor can begin."""
    while True:
        recover(context, name)
        with context.store.unit_of_work(durable=True) as work:
            work.intents.one_at_a_time()
            if not work.intents.pending(name):
                yield work
                return


def in_production(work: UnitOfWork, skill: str) -> PromptVersion:
    """The version that the store has in production. Raises `ConflictError` if there is none."""
    active = work.history.active(skill)
    version = None if active is None else work.versions.get(skill, active.version)
    if version is None:
        raise ConflictError(f"{skill} has no prompt version in production.", "Run the skill once.")
    return version


def plan_intent(context: Context, work: UnitOfWork, release: Release) -> str:
    """Write the intent; returns its id. Call it when `settled`. Raises `ConflictError`."""
    before = in_production(work, release.skill)
    if before.number != release.expected_version:
        raise ConflictError(
            f"{release.skill}: version {release.expected_version} is not the active one any more.",
            "Look at its history and try again.",
        )
    now = context.clock()
    letter = release.variant.variant_letter if release.variant else None
    plan = plan_release(
        before,
        _free_number(context, work, release.skill),
        release.prompt,
        release.kind,
        history=_eras(work.history.all(release.skill)),
        previous_accuracy=release.previous_accuracy,
        current_accuracy=release.current_accuracy,
        reason=release.reason,
        now=now,
        variant_letter=letter,
        restored=release.restored,
        writer=release.source,
    )
    intent = IntentRecord(
        id=derived_id("release", release.skill, plan.version),
        skill=release.skill,
        kind=release.kind,
        plan={
            "release": plan.to_dict(),
            "reason": release.reason,
            "source": release.source,
            "variant_id": release.variant.id if release.variant else None,
            "variant_letter": letter,
            "decision": release.decision,
            "by_hand": release.by_hand,
            "periodic": release.periodic,
            "restored": release.restored,
            "holdback_ended": release.holdback_ended,
            "holdback": _holdback_rule(context, work, release, before),
        },
        created_at=now,
        session_id=release.variant.session_id if release.variant else None,
    )
    work.intents.add(intent)
    return intent.id


def apply_intent(context: Context, intent_id: str) -> None:
    """Write the files and rows of an intent and mark it done; nothing if it is done already."""
    with context.store.unit_of_work(durable=True) as work:
        work.intents.one_at_a_time()
        intent = work.intents.get(intent_id)
        if intent is None or intent.state == "done":
            return
        plan = ReleasePlan.from_dict(intent.plan["release"])
        _write_files(context, work, plan)
        _write_rows(context, work, intent, plan)
        work.intents.done(intent.id, context.clock())


def recover(context: Context, name: str) -> None:
    """Carry out what an interrupted process has left behind for this skill."""
    with context.store.read() as work:
        pending = work.intents.pending(name)
    for intent in pending:
        apply_intent(context, intent.id)


def recover_all(context: Context) -> None:
    """The same for all skills. One that cannot be helped now waits until it is used."""
    with context.store.read() as work:
        skills = {intent.skill for intent in work.intents.pending()}
    for name in sorted(skills):
        with suppress(TinyArmsError):
            recover(context, name)


def _eras(rows: Sequence[HistoryRecord]) -> list[Era]:
    """The row of each version says why it came, so why the one before it ended."""
    ends = [row.notes or "" for row in rows[1:]] + [""]
    return [
        Era(row.version, row.active_from, row.accuracy_end, end)
        for row, end in zip(rows, ends, strict=True)
    ]


def _free_number(context: Context, work: UnitOfWork, skill: str) -> int:
    """The next number whose file is not there: a file of the user's is never overwritten."""
    latest = work.versions.latest(skill)
    number = (latest.number if latest else 0) + 1
    while (context.project.root / f"skills/{skill}-v{number}.md").exists():
        number += 1
    return number


def _write_files(context: Context, work: UnitOfWork, plan: ReleasePlan) -> None:
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


def _write_rows(
    context: Context, work: UnitOfWork, intent: IntentRecord, plan: ReleasePlan
) -> None:
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


def _holdback_rule(
    context: Context, work: UnitOfWork, release: Release, before: PromptVersion
) -> dict[str, Any] | None:
    """How it will be watched; `None` for a prompt that a person wrote or went back to."""
    chosen = release.variant is None and not release.periodic
    if chosen or release.prompt.hash == before.prompt.hash:
        return None
    settings = context.project.settings
    session = work.sessions.get(release.variant.session_id) if release.variant else None
    preset = session.settings.get("preset", settings.preset) if session else settings.preset
    rule = holdback_rule(settings, preset)
    return None if rule is None else asdict(rule)


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
