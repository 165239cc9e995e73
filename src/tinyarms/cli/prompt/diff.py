"""`tinyarms prompt diff`: two prompt versions, line by line."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.core.text import visible


@click.command(short_help="Compare two prompt versions.")
@skill_argument
@click.argument("old", metavar="[V1]", type=WholeNumber(1), required=False)
@click.argument("new", metavar="[V2]", type=WholeNumber(1), required=False)
@json_option
def diff(skill: str, old: int | None, new: int | None, as_json: bool) -> None:
    """Compare the files of two prompt versions of SKILL.

    V2 defaults to the version in production, V1 to the version before V2.
    """
    with project() as arms:
        view = arms.diff(skill, old, new)
    if as_json:
        emit("prompt diff", view)
    elif not view.lines:
        say(f"{skill}: the versions {view.old} and {view.new} are the same.", err=True)
    else:
        for line in view.lines:
            click.echo(visible(line))
