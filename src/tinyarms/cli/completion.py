"""`tinyarms completion`: the script by which a shell completes the program's commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tinyarms.cli.output import emit
from tinyarms.cli.shared import json_option

VARIABLE = "_TINYARMS_COMPLETE"
"""The environment variable by which the script asks for completions."""


@click.command(short_help="Complete commands in your shell.")
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print a script that completes commands, options and skills at the key Tab.

    bash: add this line to ~/.bashrc (bash 4.4 or newer): eval "$(tinyarms completion bash)"

    zsh: add this line to ~/.zshrc, below compinit: eval "$(tinyarms completion zsh)"

    fish: tinyarms completion fish > ~/.config/fish/completions/tinyarms.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "tinyarms", VARIABLE).source()
    if as_json:
        emit("completion", {"shell": shell, "script": script})
        return
    click.echo(script)
