"""`tinyarms config`: the settings that hold."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option
from tinyarms.loop.project.model_settings import settings_in_force, settings_without_effect
from tinyarms.store.project.config import find_project, load_project


@click.group(short_help="Show the settings that hold.")
def config() -> None:
    """Show the settings that hold."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Print models, skills and settings, with the defaults filled in."""
    found = load_project(find_project(Path.cwd(), os.environ))
    skills = {
        name: {
            "prompt_template": each.prompt_template,
            "prompt_version": each.prompt_version,
            "model": each.skill.model,
            "inputs": list(each.skill.inputs),
            "output": each.skill.contract.kind,
            "scorer": each.skill.scorer,
            "examples": each.skill.examples,
            "evolvable": each.skill.evolvable,
        }
        for name, each in found.skills.items()
    }
    data: dict[str, Any] = {
        "folder": str(found.root),
        "models": {name: settings_in_force(found, name).model_dump() for name in found.models},
        "skills": skills,
        "prompt_evolution": found.settings.model_dump(),
    }
    warnings = settings_without_effect(found)
    if as_json:
        emit("config show", {**data, "warnings": warnings})
        return
    for warning in warnings:
        say(f"warning: {warning}", err=True)
    out = StringIO()
    yaml = YAML()
    yaml.dump(data, out)
    click.echo(out.getvalue(), nl=False)
