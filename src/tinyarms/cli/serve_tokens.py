"""`tinyarms serve token`: who may use the service."""

from __future__ import annotations

import click
from rich import box
from rich.table import Table

from tinyarms.cli.output import day, emit, say, say_table
from tinyarms.cli.shared import json_option, project
from tinyarms.core.roles import ROLES, Role
from tinyarms.core.text import visible


@click.group(short_help="Add, list and revoke access tokens.")
def token() -> None:
    """Who may use the service.

    Each token names its user and has one role. view: reads. vote: answers ballots, reports how
    tasks went. run: also runs skills, measures and searches, which spends. edit: also changes
    examples and live tests. release: also puts prompts into production and takes them back.
    application: runs tasks and reports and votes for its users, whom it names.
    """


@token.command()
@click.option(
    "--role", type=click.Choice(ROLES), metavar="ROLE", required=True, help="What it may do."
)
@click.option("--name", metavar="NAME", required=True, help="Name of its user or application.")
@click.option("--days", type=float, metavar="DAYS", help="Days for which it is valid.  [always]")
@json_option
def add(role: Role, name: str, days: float | None, as_json: bool) -> None:
    """Make a token. It is shown once; only its hash is stored."""
    with project() as arms:
        made = arms.add_token(role, name, days=days)
    if as_json:
        emit("serve token add", made)
    else:
        click.echo(made.token)
        say(
            f"Token {made.id} for {visible(made.name)} ({made.role}). It is not shown again.",
            err=True,
        )


@token.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the tokens, without what is secret about them."""
    with project() as arms:
        tokens = arms.tokens()
    if as_json:
        emit("serve token list", {"tokens": tokens})
        return
    if not tokens:
        say("There are no tokens. Make one: tinyarms serve token add --role ROLE --name NAME")
        return
    table = Table("Id", "Role", "Since", "Until", "Name", box=box.SIMPLE)
    for one in tokens:
        table.add_row(one.id, one.role, day(one.created_at), day(one.expires_at), visible(one.name))
    say_table(table)


@token.command()
@click.argument("id", metavar="ID")
@json_option
def revoke(id: str, as_json: bool) -> None:
    """Refuse a token from now on, also in a running service."""
    with project() as arms:
        revoked = arms.revoke_token(id)
    if as_json:
        emit("serve token revoke", revoked)
    else:
        say(f"Token {revoked.id} of {visible(revoked.name)} is revoked.")
