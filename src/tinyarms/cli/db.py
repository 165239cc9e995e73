"""`tinyarms db`: the project's database."""

from __future__ import annotations

from pathlib import Path

import click

from tinyarms.cli.output import day, emit, say
from tinyarms.cli.shared import json_option, project
from tinyarms.core.errors import UsageError
from tinyarms.core.text import counted
from tinyarms.loop.housekeeping.database import (
    back_up_database,
    copy_database,
    restore_database,
    upgrade_database,
)
from tinyarms.loop.housekeeping.database_check import Finding, check_database


@click.group(short_help="Check, back up, restore, upgrade, copy and prune the database.")
def db() -> None:
    """Manage the project's database."""


@db.command(short_help="Delete rows that are older than retention_days.")
@click.option("--dry-run", is_flag=True, help="Count the rows and delete nothing.")
@json_option
def prune(dry_run: bool, as_json: bool) -> None:
    """Delete raw tasks, votes and model calls that are older than retention_days.

    Memories that no prompt version, open search or live test names are deleted too.
    Sums, history, prompts and collected examples stay, and so do the rows that an open session, a
    holdback or the baseline of the prompt in production still needs. Others may use the project
    meanwhile. The file does not shrink, but new rows reuse the space.
    """
    with project() as arms:
        pruned = arms.prune(dry_run=dry_run)
    if as_json:
        emit("db prune", {"dry_run": dry_run, **vars(pruned), "rows": pruned.rows})
        return
    for table, rows in pruned.counts.items():
        if rows:
            say(f"{rows:>10}  {table}")
    if pruned.before is None:
        say("retention_days is null: nothing is ever pruned.")
    else:
        would = "would be" if dry_run else "were"
        before = day(pruned.before)
        old = pruned.rows - pruned.memories
        say(f"{counted(old, 'row')} from before {before} {would} deleted.")
        if pruned.memories:
            size = _megabytes(pruned.memory_bytes)
            say(f"Of memories that nothing uses, {pruned.memories} with {size} {would} deleted.")


@db.command(short_help="Check the database and the project's files.")
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Check the database and the project's files, and change nothing.

    The command checks that the database is undamaged and has the schema of this program, that no
    release was interrupted, that the files can be read, and that config.yaml, the prompt files and
    the database agree on each skill. It prints a remedy for each fault, and the exit code is then
    1. Others may use the project meanwhile.
    """
    view = check_database()
    if as_json:
        emit("db check", {"ok": view.ok, **vars(view)})
    else:
        say(f"Database: {view.database}")
        width = max(len(_subject(finding)) for finding in view.findings)
        for finding in view.findings:
            state = "ok" if finding.ok else "WRONG"
            text = f"{finding.message} {finding.remedy}".strip()
            say(f"{state:<5}  {_subject(finding):<{width}}  {text}")
    if not view.ok:
        ctx.exit(1)


@db.command(short_help="Copy the database into a file.")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@json_option
def backup(file: Path | None, force: bool, as_json: bool) -> None:
    """Copy the database into FILE while others use it.

    Without FILE, the copy is beside the database, where the newest five are kept. It shows the
    database at one moment, is written whole or not at all, and only you can read it. Put it back
    with `tinyarms db restore`. It does not contain prompt files or config.yaml. For PostgreSQL, the
    command prints which program to run instead.
    """
    copy = back_up_database(file, force=force)
    if as_json:
        emit("db backup", copy)
    else:
        say(f"{_megabytes(copy.size)} in {copy.path}")


@db.command(short_help="Put a backup in the place of the database.")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="Begin with an empty database instead.")
@json_option
def restore(file: Path | None, empty: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database.

    Without FILE, it is the newest backup beside the database that is not damaged. The file from
    before is kept beside it, with its log, and nothing is deleted. Nobody may have the database
    open: end `tinyarms monitor` and other programs first. For PostgreSQL, the command prints which
    program to run instead.
    """
    if empty and file is not None:
        raise UsageError("Both FILE and --empty are given.", "Leave one out.")
    done = restore_database(file, empty=empty)
    if as_json:
        emit("db restore", done)
        return
    what = "empty" if done.backup is None else f"as in {done.backup}"
    say(f"{done.database} is now {what}.")
    if done.kept is not None:
        say(f"The file from before: {done.kept}")
    say("Do the prompt files and config.yaml agree with it? See: tinyarms db check")


@db.command(short_help="Upgrade the database to the schema of this program.")
@json_option
def upgrade(as_json: bool) -> None:
    """Upgrade the database to the schema of this program.

    A SQLite file is first copied to a file beside it (the newest five are kept). Other commands
    also upgrade the database, with the same copy.
    """
    view = upgrade_database()
    if as_json:
        emit("db upgrade", {"changed": view.changed, **vars(view)})
        return
    if not view.changed:
        say(f"{view.database} is already at {view.to_schema}.")
        return
    if view.backup is not None:
        say(f"Backup: {_megabytes(view.backup.size)} in {view.backup.path}")
    before = "nothing" if view.from_schema is None else view.from_schema
    say(f"{view.database} was upgraded from {before} to {view.to_schema}.")


@db.command(short_help="Copy all rows into another database.")
@click.option(
    "--to",
    metavar="DATABASE",
    required=True,
    help="postgresql://… or the path of a SQLite file. It must not have rows.",
)
@json_option
def copy(to: str, as_json: bool) -> None:
    """Copy all rows into another database, to move the project to it.

    From SQLite to PostgreSQL or back. Every table is compared by its number of rows and by a hash
    of all values before anything is stored, and all is stored or nothing. First end the monitor and
    every program that uses the project: what they write afterwards stays in the old database. The
    old one is only read. Prompt files and config.yaml are no part of it.
    """
    copied = copy_database(to)
    if as_json:
        emit("db copy", {**vars(copied), "rows": copied.rows})
        return
    for table, rows in copied.counts.items():
        if rows:
            say(f"{rows:>10}  {table}")
    say(f"{counted(copied.rows, 'row')} of {copied.source} are in {copied.target} now.")
    if copied.is_default:
        say("To use it, unset TINYARMS_DATABASE.")
    else:
        say("To use it, set TINYARMS_DATABASE to it, password included, for every program.")


def _subject(finding: Finding) -> str:
    return finding.skill or finding.about


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
