"""Put a prompt into production: an intent first, then the files, then done.

Whoever is killed in between leaves an intent behind, and the next process carries it out: it
writes the same files again. The files are written inside the unit of work that ends with "done",
so no two processes write them at once, and nobody sees the files of one release with the rows of
another for longer than that unit of work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tinyarms.core.errors import ConflictError, TinyArmsError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_rows import write_files, write_rows
from tinyarms.release.holdback import holdback_rule
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import KINDS, Era, Kind, ReleaseCause, plan_release
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.records import (
    HistoryRecord,
    IntentRecord,
    VariantRecord,
    VariantRef,
)
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Release:
    """What is to go into production, and why."""

    skill: str
    prompt: Prompt
    cause: ReleaseCause
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
    evidence: str = ""
    """What speaks for it, in plain words; kept with the session."""

    @property
    def kind(self) -> Kind:
        return KINDS[self.cause]


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
    version = None if active is None else work.versions.find(skill, active.version)
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
    variant = release.variant
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
        variant_letter=variant.variant_letter if variant else None,
        restored=release.restored,
        writer=release.source,
    )
    intent = IntentRecord(
        id=derived_id("release", release.skill, plan.version),
        skill=release.skill,
        plan=plan,
        cause=release.cause,
        evidence=release.evidence,
        reason=release.reason,
        source=release.source,
        created_at=now,
        session_id=variant.session_id if variant else None,
        variant=VariantRef(variant.id, variant.variant_letter) if variant else None,
        restored=release.restored,
        holdback=_holdback_rule(context, work, release, before),
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
        write_files(context, work, intent.plan)
        write_rows(context, work, intent)
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


def _holdback_rule(
    context: Context, work: UnitOfWork, release: Release, before: PromptVersion
) -> HoldbackRule | None:
    """How it will be watched; `None` for a prompt that a person wrote or went back to."""
    chosen = release.variant is None and release.cause != "periodic_reset"
    if chosen or release.prompt.hash == before.prompt.hash:
        return None
    settings, variant = context.project.settings, release.variant
    session = None if variant is None else work.sessions.get(variant.session_id)
    preset = settings.preset if session is None else session.preset
    return holdback_rule(settings, preset)
