"""Approval of prompts by people: whether it is required, and what the ledger says.

`config.yaml` says which skills need it. The ledger is in the database; it notes when that was
switched on or off, so that the prompt in production at that time counts as approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.errors import ApprovalRequired, ConflictError, TinyArmsError
from tinyarms.core.ids import new_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_files import withdraw_files
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.release.approval import may_release
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import ApprovalRecord, IntentRecord, SessionState, Verdict
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import stamps_of

ID_LETTERS = 12
"""Hexadecimal digits of a prompt's hash by which people name it. Fewer: easier to type, and sooner
the same for two prompts."""


def id_of(prompt_hash: str) -> str:
    """How a prompt is named in commands."""
    return prompt_hash[:ID_LETTERS]


def needs_approval(context: Context, work: UnitOfWork, name: str) -> bool:
    """Whether a prompt of the skill needs approval, by `config.yaml` as it is now.

    While that cannot be read, a prompt that needed it still does.
    """
    if context.counted_in is not None:
        return False  # Nothing that a recording makes goes into production.
    with suppress(TinyArmsError):
        if context.project.files != stamps_of(context.project.root):
            context.reload()
        config = context.find_skill(name)
        if config is not None:
            return config.needs_approval
    return work.approvals.is_on(name)


def note_switch(context: Context, work: UnitOfWork, name: str) -> list[str]:
    """Note whether approval was switched on or off since a process last looked, and withdraw the
    unfinished releases that it forbids; returns sentences about it."""
    required = needs_approval(context, work, name)
    told = []
    if required and not work.approvals.is_on(name):
        told += [_switch_on(context, work, name)]
    elif not required and work.approvals.is_on(name) and context.counted_in is None:
        note(context, work, name, "switched_off", None, "config.yaml does not require approval.")
        told += [f"{name}: from now on, no prompt needs approval (config.yaml)."]
    if required:
        pending = work.intents.pending(name)
        told += [_withdraw(context, work, intent) for intent in pending if _is_new(work, intent)]
    return told


@dataclass(frozen=True)
class Yes:
    """A person's yes, and what the ledger said when this person was asked."""

    user: str
    seen: str | None
    """The id of the ledger's newest row about the prompt; `None`: it had none."""

    @classmethod
    def to(cls, work: UnitOfWork, name: str, prompt_hash: str, user: str) -> Yes:
        """The yes of somebody who sees the prompt as it stands now."""
        newest = work.approvals.newest(name, prompt_hash)
        return cls(user, None if newest is None else newest.id)


def permit(context: Context, work: UnitOfWork, intent: IntentRecord, yes: Yes | None) -> None:
    """Raise `ApprovalRequired` unless the prompt of a release may go into production.

    `yes`: of the person who approves it now, which is noted; `None`: nobody does. Raises
    `ConflictError` as `note_yes`.
    """
    name, prompt_hash = intent.skill, intent.plan.prompt.hash
    if yes is not None:
        note_yes(context, work, name, prompt_hash, intent.cause, yes, intent.created_at)
        return
    approved = work.approvals.is_approved(name, prompt_hash)
    if not may_release(intent.cause, approved) and needs_approval(context, work, name):
        which = id_of(prompt_hash)
        if intent.variant is not None:
            which = intent.variant.letter
        elif intent.restored is not None:
            which = f"v{intent.restored}"
        raise approval_required(name, which)


def approval_required(name: str, what: str) -> ApprovalRequired:
    """The error for a prompt that nobody has approved."""
    return ApprovalRequired(
        f"{name}: a person has to approve this prompt before it goes into production "
        "(approval: required).",
        f"Look at it: tinyarms prompt review {name}. Then: tinyarms prompt approve {name} {what}",
    )


def note(
    context: Context,
    work: UnitOfWork,
    name: str,
    verdict: Verdict,
    prompt_hash: str | None,
    words: str = "",
    user: str | None = None,
    at: datetime | None = None,
) -> None:
    """Add a line to the ledger. `at`: by default now."""
    work.approvals.add(
        ApprovalRecord(
            id=new_id(),
            skill=name,
            verdict=verdict,
            at=at or context.clock(),
            prompt_hash=prompt_hash,
            user=user,
            note=words,
        )
    )


def note_yes(
    context: Context,
    work: UnitOfWork,
    name: str,
    prompt_hash: str,
    words: str,
    yes: Yes,
    at: datetime | None = None,
) -> None:
    """Add a person's yes to the ledger. Raises `ConflictError` if somebody else has said no since
    this person was asked: of two at the same moment, the first one counts."""
    newest = work.approvals.newest(name, prompt_hash)
    if newest is not None and newest.verdict == "refused" and newest.id != yes.seen:
        raise ConflictError(
            f"{name}: {newest.user} has refused this prompt in the meantime.",
            f"If it is to go into production all the same: tinyarms prompt approve {name} "
            f"{id_of(prompt_hash)}",
        )
    note(context, work, name, "approved", prompt_hash, words, yes.user, at)


def keep_approvals(
    context: Context, work: UnitOfWork, name: str, before: Mapping[int, str]
) -> None:
    """Approve again the versions that were approved before a forgotten user's texts in them were
    replaced. `before`: number of each version → its prompt's hash before that."""
    for version in work.versions.all(name):
        old, new = before.get(version.number), version.prompt.hash
        if old not in (None, new) and work.approvals.is_approved(name, str(old)):
            note(context, work, name, "approved", new, "a forgotten user's texts were replaced")


def _switch_on(context: Context, work: UnitOfWork, name: str) -> str:
    """Note that approval is required from now on. What serves tasks counts as approved."""
    # A copy may be of a prompt that was in production earlier.
    context.standby.copies.drop(name)
    serving = _serving(work, name)
    for version in serving:
        words = f"version {version.number} was in production"
        note(context, work, name, "switched_on", version.prompt.hash, words)
    if not serving:
        note(context, work, name, "switched_on", None, "no version was in production")
    told = f"{name}: from now on, a person has to approve each prompt (approval: required)."
    if serving:
        which = " and ".join(f"version {version.number}" for version in serving)
        counts = "counts" if len(serving) == 1 else "count"
        told = f"{told} The text of {which}, in production now, {counts} as approved."
    session = work.sessions.open(name)
    if session is None or session.state is not SessionState.TESTING:
        return told
    from tinyarms.experiments.rules.single_mode import SingleMode  # Brings numpy along.

    if session.live_test_plan.rule != SingleMode.name:
        return told
    reason = "Approval is required now: in single mode, tasks would get unapproved prompts."
    end_session(context, work, session.id, SessionState.CANCELLED, reason)
    return f"{told} Its live test in single mode is cancelled."


def _serving(work: UnitOfWork, name: str) -> list[PromptVersion]:
    """The version in production, and the one that a holdback keeps beside it."""
    active, holdback = work.history.active(name), work.holdbacks.open(name)
    numbers = [] if active is None else [active.version]
    if active is not None and holdback is not None and holdback.version == active.version:
        numbers.append(holdback.reference)
    found = (work.versions.find(name, number) for number in numbers)
    return [version for version in found if version is not None]


def _is_new(work: UnitOfWork, intent: IntentRecord) -> bool:
    """Whether an unfinished release would bring in a prompt that nobody has approved."""
    return not work.approvals.is_approved(intent.skill, intent.plan.prompt.hash)


def _withdraw(context: Context, work: UnitOfWork, intent: IntentRecord) -> str:
    with suppress(TinyArmsError):
        withdraw_files(context, intent.plan)
    work.intents.withdraw(intent.id)
    return (
        f"{intent.skill}: the unfinished release of version {intent.plan.version} is withdrawn, "
        "because a person has to approve each prompt now."
    )
