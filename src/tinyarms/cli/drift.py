"""`tinyarms drift`: where Git, the files and the database disagree."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import complete_skill, json_option, project
from tinyarms.core.text import counted


@click.command(short_help="Say where Git, files and database disagree.")
@click.argument("skills", metavar="[SKILL]...", nargs=-1, shell_complete=complete_skill)
@json_option
@click.pass_context
def drift(ctx: click.Context, skills: tuple[str, ...], as_json: bool) -> None:
    """Say where Git, the project's files and the database disagree, and what to do about it.

    Compared are, for each SKILL or all: the number and the file in config.yaml, the text of each
    prompt file, the copies that serve without the database, releases that are not finished, prompts
    that nobody has approved, and the last commit. Nothing is changed.

    The exit code is 1 if something disagrees, and 0 otherwise.
    """
    with project(finish=False) as arms:
        view = arms.drift(skills)
    if as_json:
        emit("drift", {"ok": view.ok, **vars(view)})
    else:
        for point in view.points:
            about = f"{point.skill}: " if point.skill else ""
            say(f"{about}{point.what}")
            say(f"  {point.remedy}")
        if view.ok:
            compared = "Git, the files" if view.commit else "The files"
            say(f"{compared} and the database agree on {counted(len(view.skills), 'skill')}.")
    if not view.ok:
        ctx.exit(1)
