"""`tinyarms config`: the effective settings."""

from __future__ import annotations

from io import StringIO
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option
from tinyarms.core.text import visible
from tinyarms.loop.project.config_files import find_root, read_settings
from tinyarms.loop.project.shown_settings import shown_settings
from tinyarms.loop.project.starter import write_schemas


@click.group(short_help="Show the settings, or write their schemas.")
def config() -> None:
    """Show the settings, or write their schemas."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Print the models, skills and settings, with the defaults filled in.

    Secrets in URLs are shown as ***.
    """
    settings = read_settings()
    shown = shown_settings(settings)
    if as_json:
        emit("config show", shown)
        return
    for warning in settings.warnings:
        say(f"warning: {warning}", err=True)
    del shown["warnings"]
    shown["skills"] = {name: _said(skill) for name, skill in shown["skills"].items()}
    out = StringIO()
    YAML().dump(shown, out)
    click.echo(visible(out.getvalue()), nl=False)


@config.command(short_help="Write the JSON schemas of the project's files.")
@json_option
def schemas(as_json: bool) -> None:
    """Write the JSON schemas by which an editor completes and checks the project's files.

    They go to schemas/ in the project, as tinyarms init writes them. An editor with the YAML
    language server reads them if the first line of config.yaml is

    \b
      # yaml-language-server: $schema=schemas/config.json

    and that of config/constants.yaml

    \b
      # yaml-language-server: $schema=../schemas/constants.json

    schemas/example.json describes a row of an examples file.
    """
    written = write_schemas(find_root())
    if as_json:
        emit("config schemas", {"files": written})
        return
    for path in written:
        say(f"Wrote {path}")


def _said(skill: dict[str, Any]) -> CommentedMap:
    """A skill's settings, with what it means that it has no scorer."""
    said = CommentedMap(skill)
    if skill["scorer"] is None:
        said.yaml_add_eol_comment("none, so its prompt is never searched", "scorer")
    return said
