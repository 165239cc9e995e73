"""`tinyarms config`: the effective settings."""

from __future__ import annotations

from io import StringIO
from typing import Any

import click
from ruamel.yaml import YAML

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option
from tinyarms.core.plain import plain
from tinyarms.core.text import host_only, visible, without_login
from tinyarms.loop.project.config_files import read_settings


@click.group(short_help="Show the effective settings.")
def config() -> None:
    """Show the effective settings."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Print the models, skills and settings, with the defaults filled in.

    Secrets in URLs are shown as ***.
    """
    settings = read_settings()
    shown = _without_secrets(plain(settings))
    if as_json:
        emit("config show", shown)
        return
    for warning in settings.warnings:
        say(f"warning: {warning}", err=True)
    del shown["warnings"]
    out = StringIO()
    YAML().dump(shown, out)
    click.echo(visible(out.getvalue()), nl=False)


def _without_secrets(shown: dict[str, Any]) -> dict[str, Any]:
    """The settings without logins in URLs, and without the path of the webhook's URL."""
    for model in shown["models"].values():
        if model["base_url"] is not None:
            model["base_url"] = without_login(model["base_url"])
    notifications = shown["prompt_evolution"]["notifications"]
    if notifications["webhook"] is not None:
        notifications["webhook"] = host_only(notifications["webhook"])
    return shown
