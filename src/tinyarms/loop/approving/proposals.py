"""Proposals: the prompts of a skill that a person may approve."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.approving.view import ProposalKind
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import id_of, needs_approval
from tinyarms.loop.releasing.hand_edit import inside_project
from tinyarms.loop.releasing.release_intent import in_production
from tinyarms.loop.releasing.versions import edited_prompt
from tinyarms.loop.testing.conclude import stored_conclusion
from tinyarms.loop.testing.review import find_variant
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_FEWEST_DIGITS = 6
"""Fewest digits by which a proposal may be named. Fewer: easier to type, and a typing error may
name another proposal."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A prompt that a person may approve."""

    skill: str
    kind: ProposalKind
    what: str
    hash: str
    prompt: Prompt | None
    """`None`: its file cannot be used."""
    replaces: PromptVersion | None
    """The version in production; `None`: the skill was never used."""
    reason: str
    waits: bool = True
    """Whether a person is asked about it."""
    session: SessionRecord | None = None
    variant: VariantRecord | None = None
    version: PromptVersion | None = None
    path: Path | None = None
    """The file that it is in, for one that a person wrote."""
    since: datetime | None = None
    problem: str | None = None

    @property
    def id(self) -> str:
        return id_of(self.hash)

    @property
    def command_name(self) -> str:
        """How a command names it: by its id, or one that nobody is asked about as people do."""
        if self.version is not None:
            return f"v{self.version.number}"
        if self.variant is not None and not self.waits:
            return self.variant.variant_letter
        return self.id


def proposals(context: Context, work: UnitOfWork, name: str) -> list[Proposal]:
    """The skill's proposals: the winner of a live test, a refresh, and the prompt in a file."""
    active = None if work.history.active(name) is None else in_production(work, name)
    return [
        *_winner(work, name, active),
        *_refresh(work, name, active),
        *_in_file(context, work, name, active),
    ]


def find(context: Context, work: UnitOfWork, name: str, which: str | None) -> Proposal:
    """A proposal by its id, a variant's letter or name, or `v3` for version 3; `None`: the only one
    that waits.

    Raises `ExperimentError` if nothing waits or there is no such variant, and `UsageError` if the
    name fits none or several.
    """
    found = proposals(context, work, name)
    if which is None:
        waits = [each for each in found if each.waits]
        if not waits:
            raise nothing_waits(name)
        if len(waits) > 1:
            listed = ", ".join(f"{each.id} ({each.what})" for each in waits)
            raise UsageError(f"{name}: {len(waits)} prompts wait: {listed}.", "Say which one.")
        return waits[0]
    given = which.strip()
    if len(given) >= _FEWEST_DIGITS and re.fullmatch(r"[0-9a-f]+", given.lower()):
        fitting = [each for each in found if each.hash.startswith(given.lower())]
        if fitting:
            return fitting[0]
    if number := re.fullmatch(r"v([0-9]{1,9})", given.lower()):
        return _earlier(work, name, int(number[1]))
    if re.fullmatch(r"(?i)(variant_)?[a-z]|[0-9a-f]{32}", given):
        session, variant = find_variant(work, name, given)
        same = next((each for each in found if each.variant == variant), None)
        return same or _variant(work, session, variant, in_production(work, name))
    known = ", ".join(f"{each.id} ({each.what})" for each in found) or "none"
    raise UsageError(
        f"{name} has no proposal {which!r}.",
        f"Proposals: {known}. A variant is named by its letter (A), an earlier version as v3.",
    )


def nothing_waits(name: str) -> ExperimentError:
    return ExperimentError(
        f"{name}: no prompt waits for a person.",
        f"See: tinyarms prompt review. To choose a variant or an earlier version yourself: "
        f"tinyarms prompt approve {name} A, or v1.",
    )


def _winner(work: UnitOfWork, name: str, active: PromptVersion | None) -> list[Proposal]:
    session = work.sessions.open(name)
    if session is None or session.state is not SessionState.IN_REVIEW or active is None:
        return []
    conclusion = stored_conclusion(session)
    variants = work.experiments.variants(session.id)
    winner = next(v for v in variants if v.variant_letter == conclusion.variant)
    found = _variant(work, session, winner, active)
    return [replace(found, reason=conclusion.reason, waits=True)]


def _variant(
    work: UnitOfWork, session: SessionRecord, variant: VariantRecord, active: PromptVersion
) -> Proposal:
    gate = session.findings.gate.get(variant.id)
    return Proposal(
        skill=session.skill,
        kind="variant",
        what=f"variant {variant.variant_letter}",
        hash=variant.prompt.hash,
        prompt=variant.prompt,
        replaces=active,
        reason="It has not won its live test." if gate is None else gate.reason,
        waits=False,
        session=session,
        variant=variant,
    )


def _refresh(work: UnitOfWork, name: str, active: PromptVersion | None) -> list[Proposal]:
    found = []
    for session in work.sessions.refreshes(name):
        finding, decision = session.findings.refresh, session.findings.decision
        waits = session.state is SessionState.IN_REVIEW and finding and finding.retrieve
        if not waits or active is None or active.number != session.base_version:
            continue
        assert finding is not None
        prompt = finding.prompt or replace(active.prompt, retrieve=finding.retrieve)
        found.append(
            Proposal(
                skill=name,
                kind="refresh",
                what=f"version {active.number} with a memory of {finding.rows} examples",
                hash=prompt.hash,
                prompt=prompt,
                replaces=active,
                reason="" if decision is None else decision.reason,
                session=session,
            )
        )
    return found[-1:]


def _in_file(
    context: Context, work: UnitOfWork, name: str, active: PromptVersion | None
) -> list[Proposal]:
    if not needs_approval(context, work, name):
        return []
    edited = edited_prompt(context, work, name)
    if edited is None or work.approvals.is_approved(name, edited.hash):
        return []
    newest = work.approvals.newest(name, edited.hash)
    where = inside_project(context, edited.path)
    edit = "was edited by hand" if active is not None else "is the skill's first prompt"
    return [
        Proposal(
            skill=name,
            kind="file",
            what=where,
            hash=edited.hash,
            prompt=edited.prompt,
            replaces=active,
            reason=f"{where} {edit}. Nothing is known about how good it is.",
            waits=newest is None or newest.verdict != "refused",
            path=edited.path,
            since=newest.at if newest is not None and newest.verdict == "asked" else None,
            problem=None if edited.problem is None else str(edited.problem),
        )
    ]


def _earlier(work: UnitOfWork, name: str, number: int) -> Proposal:
    active, version = in_production(work, name), work.versions.find(name, number)
    if version is None:
        numbers = ", ".join(str(each.number) for each in work.versions.all(name))
        raise UsageError(f"{name} has no version {number}.", f"It has: {numbers}.")
    return Proposal(
        skill=name,
        kind="version",
        what=f"the text of version {number}",
        hash=version.prompt.hash,
        prompt=version.prompt,
        replaces=active,
        reason=f"An earlier version, made on {version.created_at:%Y-%m-%d} ({version.source}).",
        waits=False,
        version=version,
    )
