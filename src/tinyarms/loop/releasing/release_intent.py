"""Put a prompt into production: an intent first, then the files, then done.

`release` does all of it. Before it stores the intent, it checks that the files can be written. A
process that is killed in between leaves an intent behind; the next process writes the same files
again, finishes the release, and reports it. The files are written inside the unit of work that ends
with "done". So two processes never write them at once, and files and rows disagree only during that
unit of work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tinyarms.core.errors import ConflictError, UnwritableFiles
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import Yes, permit
from tinyarms.loop.releasing.periods import periods
from tinyarms.loop.releasing.release_files import check_files
from tinyarms.loop.releasing.unfinished import resume, take_back, write_release
from tinyarms.release.holdback import holdback_rule
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import KINDS, Kind, ReleaseCause, ReleasePlan, plan_release
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.prompt_file import prompt_path
from tinyarms.store.db.records import (
    IntentRecord,
    VariantRecord,
    VariantRef,
)
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Release:
    """A planned release: the new prompt and the reason."""

    skill: str
    prompt: Prompt
    cause: ReleaseCause
    expected_version: int
    """The version that must be in production now; otherwise the release does not happen."""
    reason: str
    """Why that version's period ends ("Accuracy drop")."""
    source: str
    """The origin of the prompt: `SmolLM2`, `manual`, `rollback` …"""
    previous_accuracy: float | None = None
    current_accuracy: float | None = None
    restored: int | None = None
    """In a rollback, the version whose text returns."""
    variant: VariantRecord | None = None
    """The variant that wins its session by this release."""
    evidence: str = ""
    """The evidence in words; stored with the session."""
    refresh: str | None = None
    """The session whose gate compared the memories, in a refresh."""
    yes: Yes | None = None
    """Of the person who approves the prompt now; `None`: nobody does."""

    @property
    def kind(self) -> Kind:
        return KINDS[self.cause]


class Releasing:
    """A unit of work that may end with a release of a skill. `release` opens it."""

    version: PromptVersion
    """The version in production after the release; set once the release is carried out."""

    def __init__(self, context: Context, work: UnitOfWork) -> None:
        self.context = context
        self.work = work
        self.intent_id: str | None = None
        """Id of the planned release's intent; `None` if there is none."""
        self.waits: UnwritableFiles | None = None
        """Why a decided release cannot be carried out now."""

    def plan(self, planned: Release) -> ReleasePlan:
        """Store the intent of a release.

        Raises `ConflictError` if another version is in production, `UnwritableFiles` if its files
        cannot be written, and `ApprovalRequired`; then nothing is stored.
        """
        intent = _intent(self.context, self.work, planned)
        check_files(self.context, intent.plan)
        permit(self.context, self.work, intent, planned.yes)
        self.work.intents.add(intent)
        self.intent_id = intent.id
        return intent.plan


@contextmanager
def release(context: Context, skill: str, *, may_wait: bool = False) -> Iterator[Releasing]:
    """Decide on a release, and carry it out.

    The body runs in a `settled` unit of work and may `plan` one release, which is carried out after
    the commit. If its files cannot be written (`UnwritableFiles`), it is withdrawn. `may_wait`:
    whether the body also runs while an interrupted release cannot be finished or its own cannot be
    planned; the reason is then in `waits`.
    """
    resumed: list[str] = []
    with context.store.unit_of_work(durable=True) as work:
        releasing = Releasing(context, work)
        try:
            resumed = resume(context, work, skill)
        except UnwritableFiles as error:
            if not may_wait:
                raise
            releasing.waits = error
        yield releasing
    context.notices += resumed
    if releasing.waits is not None and not may_wait:
        raise releasing.waits
    if releasing.intent_id is not None:
        try:
            releasing.version = _apply(context, skill, releasing.intent_id)
        except UnwritableFiles:
            take_back(context, releasing.intent_id)
            raise


def in_production(work: UnitOfWork, skill: str) -> PromptVersion:
    """The version in production, according to the store. Raises `ConflictError` if there is
    none."""
    active = work.history.active(skill)
    version = None if active is None else work.versions.find(skill, active.version)
    if version is None:
        raise ConflictError(f"{skill} has no prompt version in production.", "Run the skill once.")
    return version


def _apply(context: Context, skill: str, intent_id: str) -> PromptVersion:
    """Carry out an intent, unless it is done; returns the version in production."""
    with context.store.unit_of_work(durable=True) as work:
        intent = work.intents.get(intent_id)
        if intent is not None and intent.state == "intent":
            write_release(context, work, intent)
        return in_production(work, skill)


def _intent(context: Context, work: UnitOfWork, planned: Release) -> IntentRecord:
    before = in_production(work, planned.skill)
    if before.number != planned.expected_version:
        raise ConflictError(
            f"{planned.skill}: version {planned.expected_version} is no longer the active one.",
            "Look at its history and try again.",
        )
    now = context.clock()
    variant = planned.variant
    plan = plan_release(
        before,
        _free_number(context, work, planned.skill),
        planned.prompt,
        planned.kind,
        history=periods(work, planned.skill),
        previous_accuracy=planned.previous_accuracy,
        current_accuracy=planned.current_accuracy,
        reason=planned.reason,
        now=now,
        variant_letter=variant.variant_letter if variant else None,
        restored=planned.restored,
        writer=planned.source,
    )
    return IntentRecord(
        id=derived_id("release", planned.skill, plan.version),
        skill=planned.skill,
        plan=plan,
        cause=planned.cause,
        evidence=planned.evidence,
        reason=planned.reason,
        source=planned.source,
        created_at=now,
        session_id=variant.session_id if variant else planned.refresh,
        variant=VariantRef(variant.id, variant.variant_letter) if variant else None,
        restored=planned.restored,
        holdback=_holdback_rule(context, work, planned, before),
    )


def _free_number(context: Context, work: UnitOfWork, skill: str) -> int:
    """The next number without a file, because a user's file is never overwritten."""
    latest = work.versions.latest(skill)
    number = (latest.number if latest else 0) + 1
    while os.path.lexists(context.project.root / prompt_path(skill, number)):
        number += 1
    return number


def _holdback_rule(
    context: Context, work: UnitOfWork, planned: Release, before: PromptVersion
) -> HoldbackRule | None:
    """The rule of its holdback; `None` for a prompt that a person wrote or returned to."""
    by_person = planned.variant is None and planned.cause not in ("periodic_reset", "refresh")
    if by_person or planned.prompt.hash == before.prompt.hash:
        return None
    settings, variant = context.project.settings, planned.variant
    session = None if variant is None else work.sessions.get(variant.session_id)
    preset = settings.preset if session is None else session.preset
    return holdback_rule(settings, preset)
