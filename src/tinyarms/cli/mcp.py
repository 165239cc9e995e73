"""`tinyarms mcp`: serve the project's tools to agents."""

from __future__ import annotations

import os
import secrets

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import WholeNumber, json_option, project
from tinyarms.core.errors import UsageError

TOKEN = "TINYARMS_MCP_TOKEN"
_LEAST_TOKEN = 16
"""Fewest characters of a token. Lower: easier to guess."""
_PORT = 8766
_MISSING = "The tools for agents need a package that is not installed"


@click.command(short_help="Serve the project's tools to agents (MCP).")
@click.option("--http", is_flag=True, help="Serve over HTTP on this machine, not over stdio.")
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    metavar="PORT",
    help=f"Port with --http; 0: a free one.  [{_PORT}]",
)
@click.option("--tools", is_flag=True, help="List the tools and stop.")
@json_option
def mcp(http: bool, port: int | None, tools: bool, as_json: bool) -> None:
    """Serve the project's tools to agents, over the Model Context Protocol.

    Over stdio, an agent's program starts this command in the project's folder. With --http it
    listens on 127.0.0.1 only, and every request needs the token that is printed once, or that of
    TINYARMS_MCP_TOKEN, as `Authorization: Bearer TOKEN`.

    No tool can promote, approve, delete or roll back. What agents add waits for a person: tinyarms
    examples review SKILL. --json is for --tools. Ctrl-C ends it.

    \b
    tinyarms mcp --tools
    """
    if tools:
        _list_tools(as_json)
        return
    if as_json:
        raise UsageError("--json needs --tools.", "Agents get JSON from the tools.")
    if port is not None and not http:
        raise UsageError("--port needs --http.", "Add --http, or leave the port out.")
    token = _given_token() if http else None
    try:
        from tinyarms.mcp.server import build_server
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{_MISSING} ({error.name}).", "Run: pip install 'tinyarms[mcp]'"
        ) from error
    with project() as arms:
        server = build_server(arms, reads_files=not http)
        if not http:
            from tinyarms.mcp import stdio

            stdio.serve(server, arms)
            return
        from tinyarms.mcp.http import HOST, PATH, listening, serve

        with listening(_PORT if port is None else port) as listener:
            say(f"Serving http://{HOST}:{listener.getsockname()[1]}{PATH}", err=True)
            if token is None:
                token = secrets.token_urlsafe(32)
                say(f"Token, shown only now: {token}", err=True)
            serve(server, token, listener)


def _list_tools(as_json: bool) -> None:
    from tinyarms.mcp.catalog import listed_tools, tool_lines

    if as_json:
        emit("mcp", {"tools": listed_tools()})
    else:
        click.echo("\n".join(tool_lines()))


def _given_token() -> str | None:
    """The token of the environment. Raises `UsageError` if it is too short."""
    given = os.environ.get(TOKEN)
    if given is not None and len(given) < _LEAST_TOKEN:
        raise UsageError(f"{TOKEN} is too short.", f"Use {_LEAST_TOKEN} characters or more.")
    return given
