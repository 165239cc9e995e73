"""`tinyarms prompt review`, `approve` and `refuse`: prompts that wait for a person's decision."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import click

from tinyarms.cli.output import day, emit, say
from tinyarms.cli.prompt.release import say_release
from tinyarms.cli.shared import complete_skill, json_option, project, say_mistakes, skill_argument
from tinyarms.loop.approving.view import ReviewView

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _proposal_argument(command: _Command) -> _Command:
    return click.argument("proposal", metavar="[PROPOSAL]", required=False)(command)


def _person_option(command: _Command) -> _Command:
    return click.option("--user", metavar="NAME", help="Who decides, else the user of the shell.")(
        command
    )


@click.command(short_help="Show the prompts that wait for you.")
@click.argument("skill", metavar="[SKILL]", required=False, shell_complete=complete_skill)
@json_option
def review(skill: str | None, as_json: bool) -> None:
    """Show the prompts that wait for a person, of SKILL or of all skills, with their evidence.

    With `approval: required` in config.yaml, every prompt waits: the winner of a live test, a
    refresh of the memory, and a prompt file that was edited by hand. In the original preset,
    winners below `learning.rollback_threshold` wait.
    """
    with project() as arms:
        found = arms.review(skill)
        if skill is None:
            say_mistakes(arms)
    if as_json:
        emit("prompt review", {"waiting": found})
        return
    if not found:
        say("Nothing waits for a review.")
    for view in found:
        _say(view)


@click.command(short_help="Approve a prompt: it goes into production.")
@skill_argument
@_proposal_argument
@_person_option
@json_option
def approve(skill: str, proposal: str | None, user: str | None, as_json: bool) -> None:
    """Put a prompt of SKILL into production, and note who approved it.

    PROPOSAL is the id that `tinyarms prompt review` shows, the letter of a variant of the latest
    session (A), or v3 for version 3. It may be left out if only one prompt waits. You must own the
    project's config.yaml. The text stays approved until a person refuses it or a release goes back
    from it.
    """
    with project() as arms:
        done = arms.approve(skill, proposal, user=user)
    say_release(done, "prompt approve", as_json)


@click.command(short_help="Refuse a prompt that waits for you.")
@skill_argument
@_proposal_argument
@_person_option
@json_option
def refuse(skill: str, proposal: str | None, user: str | None, as_json: bool) -> None:
    """Refuse a prompt that waits; the prompt of SKILL in production stays.

    PROPOSAL is its id. It may be left out if only one prompt waits. You must own the project's
    config.yaml. A prompt file that was edited by hand keeps its text.
    """
    with project() as arms:
        done = arms.refuse(skill, proposal, user=user)
    if as_json:
        emit("prompt refuse", done)
        return
    say(f"{skill}: {done.what} is refused; the prompt in production stays.")
    if done.remedy:
        say(done.remedy)


def _say(view: ReviewView) -> None:
    since = f" Since {day(view.since)}." if view.since is not None else ""
    say(f"{view.skill}: {view.what}, proposal {view.id}. {view.reason}{since}")
    if view.problem is not None:
        say(f"It cannot be used. {view.problem}")
        return
    lines = view.diff[2:] or tuple(view.prompt.strip().splitlines())
    say(textwrap.indent("\n".join(lines), "  | ", lambda line: True))
    say(f"Approve: tinyarms prompt approve {view.skill} {view.id}")
    say(f"Refuse: tinyarms prompt refuse {view.skill} {view.id}")
