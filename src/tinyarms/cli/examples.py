"""`tinyarms examples`: the examples that a skill learns from and is tested on."""

from __future__ import annotations

import click

from tinyarms.cli.lazy import Entry, LazyGroup

_ROWS, _REVIEW = "tinyarms.cli.examples_rows", "tinyarms.cli.examples_review"
_COMMANDS = {
    "check": Entry(f"{_ROWS}:check", "Say what is wrong with the examples of a skill."),
    "add": Entry(f"{_ROWS}:add", "Add examples from a file, or one."),
    "show": Entry(f"{_ROWS}:show", "Show some of the examples."),
    "split": Entry(f"{_ROWS}:split", "Show the splits, or change them before a search."),
    "review": Entry(f"{_REVIEW}:review", "Make collected examples gold, or drop them."),
    "export": Entry(f"{_REVIEW}:export", "Write all usable examples as JSON lines."),
}


@click.command(cls=LazyGroup, entries=_COMMANDS)
def examples() -> None:
    """Check, add, show and review examples."""
