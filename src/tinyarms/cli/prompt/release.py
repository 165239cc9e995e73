"""`tinyarms prompt promote` and `rollback`: releases by hand."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop.releasing import restore
from tinyarms.loop.releasing.restore import Promotion
from tinyarms.loop.testing import review


@click.command(short_help="Put a variant into production by hand.")
@skill_argument
@click.argument("variant", metavar="VARIANT")
@json_option
def promote(skill: str, variant: str, as_json: bool) -> None:
    """Put VARIANT (A, variant_a or its id) of SKILL's latest session into production."""
    with project() as context:
        done = review.promote(context, skill, variant)
    say_release(done, "prompt promote", as_json)


@click.command(short_help="Go back to an earlier prompt version.")
@skill_argument
@click.option("--to", type=click.IntRange(1), metavar="N", help="Which; else the one before.")
@json_option
def rollback(skill: str, to: int | None, as_json: bool) -> None:
    """Go back to an earlier text of SKILL's prompt; it becomes a new version."""
    with project() as context:
        done = restore.rollback(context, skill, to)
    say_release(done, "prompt rollback", as_json)


def say_release(done: Promotion, command: str, as_json: bool) -> None:
    """What a release by hand did."""
    if done.warning:
        say(f"Warning: {done.warning}", err=True)
    if as_json:
        emit(command, done)
        return
    say(f"{done.skill}: version {done.version} is in production, after {done.from_version}.")
    say(f"Its prompt is in {done.path}")
