"""The copy on disk of the prompt in production, which serves tasks without the database."""

from __future__ import annotations

from tinyarms.loop.project.context import Context
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.unit_of_work import UnitOfWork


def copy_prompt(context: Context, work: UnitOfWork, version: PromptVersion) -> None:
    """Copy the version in production to the disk, with its memory, if it is not copied yet."""
    copies, retrieve = context.standby.copies, version.prompt.retrieve
    if copies.has(version):
        return
    # First the memory: a process that is killed in between leaves a prompt with its own.
    if retrieve is not None and not copies.has_memory(version.skill, retrieve.snapshot):
        content = work.memories.find(version.skill, retrieve.snapshot)
        if content is not None:
            copies.keep_memory(version.skill, retrieve.snapshot, content)
    copies.keep(version)
