"""The proposals that wait for a person, as people see them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

from tinyarms.loop.approving.proposals import Proposal, proposals
from tinyarms.loop.approving.view import ReviewView
from tinyarms.loop.project.context import Context
from tinyarms.skills.prompt_file import readable_prompt_file


def waiting(context: Context, names: Sequence[str] | None = None) -> list[ReviewView]:
    """The prompts that wait for a person, of these skills or of all that can be used."""
    for name in names or ():
        context.skill(name)
    found = []
    with context.store.read() as work:
        for name in names or context.project.skills:
            found += [view_of(each) for each in proposals(context, work, name) if each.waits]
    return found


def view_of(proposal: Proposal) -> ReviewView:
    """The proposal for people."""
    variant, session = proposal.variant, proposal.session
    return ReviewView(
        skill=proposal.skill,
        id=proposal.id,
        kind=proposal.kind,
        what=proposal.what,
        replaces=None if proposal.replaces is None else proposal.replaces.number,
        session_id=None if session is None else session.id,
        variant=None if variant is None else variant.variant_letter,
        version=None if proposal.version is None else proposal.version.number,
        accuracy=None if variant is None else variant.accuracy,
        accuracy_n=0 if variant is None else variant.accuracy_n,
        reason=proposal.reason,
        since=proposal.since,
        problem=proposal.problem,
        prompt="" if proposal.prompt is None else proposal.prompt.text,
        diff=_diff(proposal),
    )


def _diff(proposal: Proposal) -> tuple[str, ...]:
    if proposal.prompt is None or proposal.replaces is None:
        return ()
    before = proposal.replaces
    return tuple(
        unified_diff(
            readable_prompt_file(before.prompt).splitlines(),
            readable_prompt_file(proposal.prompt).splitlines(),
            before.path,
            proposal.what,
            lineterm="",
        )
    )
