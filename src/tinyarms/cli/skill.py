"""`tinyarms skill`: its commands."""

from __future__ import annotations

import click

from tinyarms.cli.lazy import Entry, LazyGroup

_COMMANDS = {
    "add": Entry("tinyarms.cli.skill_add:add", "Make a skill from a file of examples."),
}


@click.command(cls=LazyGroup, entries=_COMMANDS)
def skill() -> None:
    """Make a skill from your examples."""
