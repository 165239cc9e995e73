"""`tinyarms model`: the weights of embedded models."""

from __future__ import annotations

import os

import click
from rich.table import Table

from tinyarms.cli.output import console, emit, say
from tinyarms.cli.progress import downloading
from tinyarms.cli.shared import json_option
from tinyarms.loop.starting import models_overview, pull_model
from tinyarms.models.catalog import find_weights


@click.group(short_help="List and pull embedded models.")
def model() -> None:
    """List and pull embedded models."""


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the embedded models and whether they are on this machine."""
    models = models_overview(os.environ)
    if as_json:
        emit("model list", {"models": models})
        return
    table = Table("Model", "Pulled", "Size", box=None, pad_edge=False)
    for each in models:
        size = "-" if each.size is None else f"{each.size / 1e6:.0f} MB"
        table.add_row(each.name, "yes" if each.pulled else "no", size)
    console().print(table)


@model.command()
@click.argument("name", metavar="NAME")
@json_option
def pull(name: str, as_json: bool) -> None:
    """Download the weights of the model NAME; nothing to do if they are there."""
    find_weights(name)
    with downloading(name) as progress:
        path = pull_model(name, progress, os.environ)
    if as_json:
        emit("model pull", {"name": name, "path": path})
    else:
        say(f"{name} is in {path}")
