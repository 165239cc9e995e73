"""`tinyarms prompt diff`: two prompt versions, line by line."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say, visible
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop.reporting import versions


@click.command(short_help="Compare two prompt versions.")
@skill_argument
@click.argument("old", metavar="[V1]", type=click.IntRange(1), required=False)
@click.argument("new", metavar="[V2]", type=click.IntRange(1), required=False)
@json_option
def diff(skill: str, old: int | None, new: int | None, as_json: bool) -> None:
    """Compare two prompt versions of SKILL, as their files have them.

    Without V2: with the one in production. Without V1: the version before that.
    """
    with project() as context:
        view = versions.diff(context, skill, old, new)
    if as_json:
        emit("prompt diff", view)
    elif not view.lines:
        say(f"{skill}: the versions {view.old} and {view.new} are the same.", err=True)
    else:
        for line in view.lines:
            click.echo(visible(line))
