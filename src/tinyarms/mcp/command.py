"""`tinyarms mcp`: serve the project's tools to agents."""

from __future__ import annotations

import os
import secrets

import click

from tinyarms.core.errors import UsageError
from tinyarms.core.text import visible
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.catalog import tool_lines

TOKEN = "TINYARMS_MCP_TOKEN"
_LEAST_TOKEN = 16
"""Fewest characters of a token. Lower: easier to guess."""
DEFAULT_PORT = 8766


@click.command(short_help="Serve the project's tools to agents (MCP).")
@click.option("--http", is_flag=True, help="Serve over HTTP on this machine, not over stdio.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help=f"Port with --http; 0: a free one.  [{DEFAULT_PORT}]",
)
@click.option("--tools", is_flag=True, help="List the tools and stop.")
def mcp(http: bool, port: int | None, tools: bool) -> None:
    """Serve the project's tools to agents, over the Model Context Protocol.

    Over stdio, an agent's program starts this command in the project's folder. With --http it
    listens on 127.0.0.1 only, and every request needs the token that is printed once, or that of
    TINYARMS_MCP_TOKEN, as `Authorization: Bearer TOKEN`.

    No tool can promote, approve, delete or roll back. What agents add waits for a person: tinyarms
    examples review SKILL. Ctrl-C ends it.

    \b
    tinyarms mcp --tools
    """
    if tools:
        click.echo("\n".join(tool_lines()))
        return
    if port is not None and not http:
        raise UsageError("--port needs --http.", "Add --http, or leave the port out.")
    try:
        from tinyarms.mcp.server import build_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError(
            "The door for agents needs the package mcp.", "Run: pip install 'tinyarms[mcp]'"
        ) from error
    with TinyArms.open() as arms:
        for notice in arms.notices:
            click.echo(visible(notice), err=True)
        server = build_server(arms, reads_files=not http)
        if http:
            _serve_http(server, DEFAULT_PORT if port is None else port)
        else:
            server.run("stdio")


def _serve_http(server: object, port: int) -> None:
    from tinyarms.mcp.http import HOST, PATH, listening, serve

    given = os.environ.get(TOKEN)
    if given is not None and len(given) < _LEAST_TOKEN:
        raise UsageError(f"{TOKEN} is too short.", f"Use {_LEAST_TOKEN} characters or more.")
    token = given or secrets.token_urlsafe(32)
    with listening(port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}{PATH}"
        click.echo(f"Serving {address}", err=True)
        if given is None:
            click.echo(f"Token, shown only now: {token}", err=True)
        serve(server, token, listener)  # type: ignore[arg-type]
