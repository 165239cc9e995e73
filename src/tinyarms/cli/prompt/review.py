"""`tinyarms prompt review`: winners that wait for a person's decision."""

from __future__ import annotations

import textwrap

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.prompt.release import say_release
from tinyarms.cli.shared import complete_skill, json_option, project, say_mistakes
from tinyarms.core.errors import UsageError
from tinyarms.loop.testing.review import ReviewView


@click.command(short_help="Accept or refuse a variant that waits for review.")
@click.argument("skill", metavar="[SKILL]", required=False, shell_complete=complete_skill)
@click.option("--accept", "answer", flag_value="accept", help="Put the variant into production.")
@click.option("--refuse", "answer", flag_value="refuse", help="Keep the prompt in production.")
@json_option
def review(skill: str | None, answer: str | None, as_json: bool) -> None:
    """List the winners that wait for review, of SKILL or of all skills.

    In the original preset, winners below `learning.rollback_threshold` wait for review.
    """
    if answer is not None and skill is None:
        raise UsageError(f"--{answer} needs a skill.", f"tinyarms prompt review SKILL --{answer}")
    with project() as arms:
        if skill is not None and answer == "accept":
            say_release(arms.accept(skill), "prompt review", as_json)
            return
        if skill is not None and answer == "refuse":
            ended = arms.refuse(skill)
            if as_json:
                emit("prompt review", ended)
            else:
                say(f"{skill}: variant refused; the prompt in production stays.")
            return
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


def _say(view: ReviewView) -> None:
    say(f"{view.skill}: variant {view.variant}. {view.reason}")
    say(textwrap.indent(view.prompt.strip(), "  | ", lambda line: True))
    say(f"Accept: tinyarms prompt review {view.skill} --accept")
    say(f"Refuse: tinyarms prompt review {view.skill} --refuse")
