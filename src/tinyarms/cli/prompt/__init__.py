"""`tinyarms prompt`: its commands."""

from __future__ import annotations

import click

from tinyarms.cli.lazy import Entry, LazyGroup

_HERE = "tinyarms.cli.prompt"
_LOOK, _SEARCH, _TEST, _RELEASE = "Look", "Search", "Test", "Release"
_COMMANDS = {
    "stats": Entry(f"{_HERE}.stats:stats", "Show how well the skills do.", _LOOK),
    "history": Entry(f"{_HERE}.history:history", "List the prompt versions of a skill.", _LOOK),
    "show": Entry(f"{_HERE}.show:show", "Print a prompt version.", _LOOK),
    "diff": Entry(f"{_HERE}.diff:diff", "Compare two prompt versions.", _LOOK),
    "evolve": Entry(
        f"{_HERE}.evolve:evolve", "Search for better prompts and start their live test.", _SEARCH
    ),
    "create": Entry(f"{_HERE}.create:create", "Test prompts that you have written.", _TEST),
    "simulate": Entry(
        f"{_HERE}.simulate:simulate", "Predict what a live test would find, and how soon.", _TEST
    ),
    "vote": Entry(f"{_HERE}.vote:vote", "Choose between the outputs of the variants.", _TEST),
    "results": Entry(f"{_HERE}.results:results", "Show the latest evolution session.", _TEST),
    "cancel": Entry(f"{_HERE}.cancel:cancel", "End the open session without a winner.", _TEST),
    "review": Entry(f"{_HERE}.review:review", "Show the prompts that wait for you.", _RELEASE),
    "approve": Entry(
        f"{_HERE}.review:approve", "Approve a prompt: it goes into production.", _RELEASE
    ),
    "refuse": Entry(f"{_HERE}.review:refuse", "Refuse a prompt that waits for you.", _RELEASE),
    "propose": Entry(f"{_HERE}.propose:propose", "Write a proposed prompt as a patch.", _RELEASE),
    "promote": Entry(
        f"{_HERE}.release:promote", "Put a variant into production by hand.", _RELEASE
    ),
    "refresh": Entry(f"{_HERE}.refresh:refresh", "Remember the present examples.", _RELEASE),
    "rollback": Entry(
        f"{_HERE}.release:rollback", "Return to an earlier prompt version.", _RELEASE
    ),
    "reset": Entry(f"{_HERE}.reset:reset", "Return to the first prompt version.", _RELEASE),
}


@click.command(cls=LazyGroup, entries=_COMMANDS)
def prompt() -> None:
    """Watch, evolve, test and release prompts."""
