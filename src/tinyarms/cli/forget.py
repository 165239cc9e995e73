"""`tinyarms forget`: delete one user's data."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project
from tinyarms.core.text import counted


@click.command(short_help="Delete one user's data.")
@click.option("--user", required=True, metavar="ID", help="Name of the user.")
@click.option("--dry-run", is_flag=True, help="Only count; delete nothing.")
@json_option
def forget(user: str, dry_run: bool, as_json: bool) -> None:
    """Delete one user's data from all skills.

    The command deletes their tasks, ballots, feedback, votes and collected examples, the models'
    answers about these, and their lines in the log. It replaces the text of their examples in
    prompts and prompt files, and ends a search that runs with them. Sums and scores stay. It names
    the files that may still contain their data, such as backups.
    """
    with project() as arms:
        done = arms.forget(user, dry_run=dry_run)
    if as_json:
        emit("forget", {**vars(done), "rows": done.rows})
        return
    for table, rows in done.deleted.items():
        if rows:
            say(f"{rows:>10}  {table}")
    would = "would be" if dry_run else "were"
    say(
        f"{counted(done.rows, 'row')} of {user} {would} deleted, {counted(done.log_lines, 'line')} "
        f"of the log too. {counted(done.prompts_changed, 'stored text')} and "
        f"{counted(len(done.files_changed), 'prompt file')} {would} changed."
    )
    for line in done.left:
        say(f"Not touched: {line}")
