"""Bring the rows of a skill's examples file into the database when the file has changed."""

from __future__ import annotations

from contextlib import suppress

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import gold_examples
from tinyarms.skills.prompt import PromptVersion


def bring_in_examples(context: Context, version: PromptVersion) -> None:
    """So that the new rows are found which the version in production may remember.

    Does nothing for a version without a memory, or if the file cannot be read, which is reported
    where the file is used.
    """
    name = version.skill
    skill = context.skill(name).skill
    if version.prompt.retrieve is None or skill.examples is None or context.store.read_only:
        return
    with suppress(ExampleError, ConfigError):
        file = gold_examples(context.gold_examples, context.project.root, skill, context.pictures)
        if file.is_broken or context.synced_examples.get(name) == file.stamp:
            return
        with context.store.unit_of_work() as work:
            work.examples.sync(name, file.rows, context.clock())
        context.synced_examples[name] = file.stamp
