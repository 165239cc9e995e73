"""`tinyarms config`: the effective settings."""

from __future__ import annotations

from io import StringIO

import click
from ruamel.yaml import YAML

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option
from tinyarms.core.plain import plain
from tinyarms.loop.project.config_files import read_settings


@click.group(short_help="Show the effective settings.")
def config() -> None:
    """Show the effective settings."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Print the models, skills and settings, with the defaults filled in."""
    settings = read_settings()
    if as_json:
        emit("config show", settings)
        return
    for warning in settings.warnings:
        say(f"warning: {warning}", err=True)
    shown = plain(settings)
    del shown["warnings"]
    out = StringIO()
    YAML().dump(shown, out)
    click.echo(out.getvalue(), nl=False)
