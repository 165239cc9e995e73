"""`tinyarms prompt history` and `show`: the prompt versions of a skill."""

from __future__ import annotations

import click
from rich.table import Table

from tinyarms.cli.output import console, day, emit, percent
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop import reports
from tinyarms.skills.prompt import format_prompt_file


@click.command(short_help="List the prompt versions of a skill.")
@skill_argument
@json_option
def history(skill: str, as_json: bool) -> None:
    """List the prompt versions of SKILL and their time in production."""
    with project() as context:
        eras = reports.history(context, skill)
    if as_json:
        emit("prompt history", {"skill": skill, "versions": eras})
        return
    table = Table("Version", "From", "To", "Accuracy", "Source", "Why", box=None, pad_edge=False)
    for era in eras:
        end = era.accuracy_end if era.accuracy_end is not None else era.accuracy_start
        until = "now" if era.active_to is None else day(era.active_to)
        table.add_row(
            str(era.version), day(era.active_from), until, percent(end), era.source, era.reason
        )
    console().print(table)


@click.command(short_help="Print a prompt version.")
@skill_argument
@click.option("--version", type=click.IntRange(1), metavar="N", help="Which; else the active one.")
@json_option
def show(skill: str, version: int | None, as_json: bool) -> None:
    """Print a prompt version of SKILL as its file has it."""
    with project() as context:
        found = reports.show(context, skill, version)
    if as_json:
        emit("prompt show", found)
    else:
        click.echo(format_prompt_file(found.prompt), nl=False)
