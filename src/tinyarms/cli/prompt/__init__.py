"""`tinyarms prompt`: its commands."""

from __future__ import annotations

import click

from tinyarms.cli.lazy import Entry, LazyGroup

_HERE = "tinyarms.cli.prompt"
_COMMANDS = {
    "stats": Entry(f"{_HERE}.stats:stats", "Show how well the skills do."),
    "evolve": Entry(f"{_HERE}.evolve:evolve", "Search for better prompts and start their test."),
    "create": Entry(f"{_HERE}.create:create", "Test prompts that you have written."),
    "simulate": Entry(f"{_HERE}.simulate:simulate", "Say what a test would find, and how soon."),
    "vote": Entry(f"{_HERE}.vote:vote", "Choose between the variants' outputs."),
    "results": Entry(f"{_HERE}.results:results", "Show the latest evolution session."),
    "promote": Entry(f"{_HERE}.release:promote", "Put a variant into production by hand."),
    "rollback": Entry(f"{_HERE}.release:rollback", "Go back to an earlier prompt version."),
    "reset": Entry(f"{_HERE}.reset:reset", "Go back to the first prompt version."),
    "review": Entry(f"{_HERE}.review:review", "Accept or refuse what waits for a person."),
    "cancel": Entry(f"{_HERE}.cancel:cancel", "End the open evolution session without a winner."),
    "history": Entry(f"{_HERE}.history:history", "List the prompt versions of a skill."),
    "show": Entry(f"{_HERE}.history:show", "Print a prompt version."),
    "diff": Entry(f"{_HERE}.diff:diff", "Compare two prompt versions."),
}


@click.command(cls=LazyGroup, entries=_COMMANDS)
def prompt() -> None:
    """Watch, evolve, test and release prompts."""
