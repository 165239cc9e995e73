"""Bring the rows of a skill's examples file into the database when the file has changed."""

from __future__ import annotations

from contextlib import suppress

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import gold_examples


def bring_in_examples(context: Context, name: str) -> None:
    """So that the rows are found that a prompt with a memory does not remember yet.

    A file that cannot be read changes nothing: it is reported where it is used.
    """
    skill = context.skill(name).skill
    if skill.examples is None or context.store.read_only:
        return
    with suppress(ExampleError, ConfigError):
        file = gold_examples(context.gold_examples, context.project.root, skill, context.pictures)
        if file.is_broken or context.synced_examples.get(name) == file.stamp:
            return
        with context.store.unit_of_work() as work:
            work.examples.sync(name, file.rows, context.clock())
        context.synced_examples[name] = file.stamp
