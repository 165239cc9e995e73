"""`tinyarms serve`: the HTTP service, and the tokens of its callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tinyarms.cli.command_or_group import CommandOrGroup
from tinyarms.cli.lazy import Entry, LazyGroup
from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import WholeNumber, json_option, project
from tinyarms.core.errors import UsageError

if TYPE_CHECKING:
    from tinyarms.web.start import Listening

_MISSING = "The HTTP service needs packages that are not installed."
_INSTALL = "Run: pip install 'tinyarms[server]'"


_TOKENS = LazyGroup(
    "serve",
    entries={
        "token": Entry("tinyarms.cli.serve_tokens:token", "Add, list and revoke access tokens."),
    },
    help="The HTTP service.",
)


@click.command(cls=CommandOrGroup, group=_TOKENS, short_help="Serve the project over HTTP.")
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", help="Where to listen.  [127.0.0.1]"
)
@click.option("--port", type=WholeNumber(0, 65535), default=8765, help="The port.  [8765]")
@json_option
def serve(host: str, port: int, as_json: bool) -> None:
    """Serve the project over HTTP: a REST API, every skill as an OpenAI model, the dashboard.

    Only this machine reaches it unless --host says otherwise. A link that works once is printed for
    your browser; programs need a token. Ctrl-C ends it.

    \b
    tinyarms serve
    tinyarms serve token add --role application --name shop
    """
    try:
        from tinyarms.web.start import run_service
    except ModuleNotFoundError as error:
        raise UsageError(f"{_MISSING} ({error.name})", _INSTALL) from error
    with project() as arms:
        run_service(
            arms,
            host,
            port,
            (lambda listening: emit("serve", listening)) if as_json else _say_where,
        )


def _say_where(listening: Listening) -> None:
    if not listening.is_local:
        say("Others can reach it: put TLS in front of it (docs/service.md).", err=True)
    say(f"Open once, within 10 minutes: {listening.link}", err=True)
    api = f"{listening.url}/v1 (a token: tinyarms serve token add)"
    say(f"The API: {api}. Ctrl-C ends it.", err=True)
