"""`tinyarms serve`: the HTTP service, and the tokens of its callers."""

from __future__ import annotations

from typing import Any

import click

from tinyarms.cli.lazy import Entry, LazyGroup
from tinyarms.cli.output import say
from tinyarms.cli.shared import WholeNumber, project
from tinyarms.core.errors import UsageError

_MISSING = "The HTTP service needs packages that are not installed."
_INSTALL = "Run: pip install 'tinyarms[server]'"


_TOKENS = LazyGroup(
    "serve",
    entries={
        "token": Entry("tinyarms.cli.serve_tokens:token", "Add, list and revoke access tokens."),
    },
    help="The HTTP service.",
)


class _Serve(click.Command):
    """A command whose first argument may be a subcommand, as `monitor` is one."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if args and args[0] in _TOKENS.entries:
            return _TOKENS.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _TOKENS.format_commands(ctx, formatter)


@click.command(cls=_Serve, short_help="Serve the project over HTTP.")
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", help="Where to listen.  [127.0.0.1]"
)
@click.option("--port", type=WholeNumber(0, 65535), default=8765, help="The port.  [8765]")
def serve(host: str, port: int) -> None:
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
        run_service(arms, host, port, lambda line: say(line, err=True))
