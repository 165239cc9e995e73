"""`tinyarms forget`: delete what is stored of one user."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project
from tinyarms.core.text import counted


@click.command(short_help="Delete what is stored of one user.")
@click.option("--user", required=True, metavar="ID", help="The name under which they took part.")
@click.option("--dry-run", is_flag=True, help="Count, and delete nothing.")
@json_option
def forget(user: str, dry_run: bool, as_json: bool) -> None:
    """Delete what is stored of one user, of all skills.

    That is their tasks, ballots, feedback, votes and collected examples, what models answered
    about these, and their lines in the log. In prompts and prompt files that show an example of
    theirs, its text is replaced. Sums and scores stay. The command names the files that may hold
    their data still, such as backups.
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
