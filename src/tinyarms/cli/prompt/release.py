"""`tinyarms prompt promote` and `rollback`: releases by hand."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.loop.releasing.restore import Promotion


@click.command(short_help="Put a variant into production by hand.")
@skill_argument
@click.argument("variant", metavar="VARIANT")
@json_option
def promote(skill: str, variant: str, as_json: bool) -> None:
    """Put a variant of the latest session of SKILL into production.

    VARIANT is a letter (A), a name (variant_a) or an id.
    """
    with project() as arms:
        done = arms.promote(skill, variant)
    say_release(done, "prompt promote", as_json)


@click.command(short_help="Return to an earlier prompt version.")
@skill_argument
@click.option(
    "--to",
    type=WholeNumber(1),
    metavar="N",
    help="Number, else the version before.",
)
@json_option
def rollback(skill: str, to: int | None, as_json: bool) -> None:
    """Put an earlier prompt text of SKILL into production again, as a new version."""
    with project() as arms:
        done = arms.rollback(skill, to)
    say_release(done, "prompt rollback", as_json)


def say_release(done: Promotion, command: str, as_json: bool) -> None:
    """Print the result of a release by hand."""
    if done.warning:
        say(f"Warning: {done.warning}", err=True)
    if as_json:
        emit(command, done)
        return
    text = ""
    if done.text_of_version is not None:
        text = f", with the text of version {done.text_of_version}"
    elif done.text_of_variant is not None:
        text = f", with the text of variant {done.text_of_variant}"
    elif done.kind == "refresh":
        text = ", with a new memory"
    say(f"{done.skill}: version {done.version} is in production{text}.")
    if done.from_version is not None:
        say(f"It replaces version {done.from_version}.")
    say(f"Its prompt is in {done.path}")
