"""`tinyarms db`: the project's database."""

from __future__ import annotations

import click

from tinyarms.cli.output import counted, day, emit, say
from tinyarms.cli.shared import json_option, project
from tinyarms.loop.housekeeping.prune import Pruned
from tinyarms.loop.housekeeping.prune import prune as prune_old


@click.group(short_help="Prune the database.")
def db() -> None:
    """Look after the project's database."""


@db.command(short_help="Delete what is older than retention_days.")
@click.option("--dry-run", is_flag=True, help="Count only, delete nothing.")
@json_option
def prune(dry_run: bool, as_json: bool) -> None:
    """Delete raw tasks, votes and model calls that are older than retention_days.

    Sums, history, prompts and collected examples stay, and so does what an open session, a
    promotion that is watched, or the baseline of the prompt in production still reads. Others
    may use the project meanwhile. The file does not shrink: what comes next uses the space.
    """
    with project() as context:
        pruned = prune_old(context, dry_run=dry_run)
    if as_json:
        emit("db prune", {"dry_run": dry_run, **vars(pruned), "rows": pruned.rows})
        return
    for table, rows in _tables(pruned):
        say(f"{rows:>10}  {table}")
    if pruned.before is None:
        say("retention_days is null: nothing is ever pruned.")
    else:
        would = "would be" if dry_run else "were"
        before = day(pruned.before)
        say(f"{counted(pruned.rows, 'row')} from before {before} {would} deleted.")


def _tables(pruned: Pruned) -> list[tuple[str, int]]:
    return [(name, n) for name, n in vars(pruned).items() if name != "before" and n]
