"""Prune memories: snapshots of examples that no prompt can serve with any more."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from tinyarms.loop.project.context import Context
from tinyarms.store.db.records import SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

_YOUNG = timedelta(days=1)
"""A memory of at most this age stays, because whoever made it may not have named it yet. Longer:
unused memories take up space for longer."""


def prune_memories(context: Context, pruned: Counter[str], dry_run: bool) -> None:
    """Delete the memories that nothing names; `pruned` counts them and their bytes.

    A version names the memory of its prompt, and so do the variants of an open session and of the
    latest one, which may still be promoted by hand, and a refresh that waits for a person. While a
    skill has an open session, its search may yet name any: all stay.
    """
    with context.store.read() as work:
        skills = work.memories.skills()
    for skill in skills:
        with context.store.read() if dry_run else context.store.unit_of_work() as work:
            _prune_of(work, skill, context.clock() - _YOUNG, pruned, dry_run)


def _prune_of(
    work: UnitOfWork, skill: str, before: datetime, pruned: Counter[str], dry_run: bool
) -> None:
    if work.sessions.open(skill) is not None:
        return
    named = _named(work, skill)
    for memory in work.memories.all(skill):
        if memory.snapshot in named or memory.created_at >= before:
            continue
        pruned["memories"] += 1
        pruned["memory_bytes"] += memory.size
        if not dry_run:
            work.memories.delete(skill, memory.snapshot)


def _named(work: UnitOfWork, skill: str) -> set[str]:
    """The snapshots that prompts of the skill name."""
    named: set[str] = set()
    prompts = [version.prompt for version in work.versions.all(skill)]
    latest = work.sessions.latest(skill)
    if latest is not None:
        prompts += [variant.prompt for variant in work.experiments.variants(latest.id)]
    waiting = (s for s in work.sessions.refreshes(skill) if s.state is SessionState.IN_REVIEW)
    for finding in (session.findings.refresh for session in waiting):
        if finding is not None:
            named.add(finding.snapshot)
    return named | {prompt.retrieve.snapshot for prompt in prompts if prompt.retrieve is not None}
