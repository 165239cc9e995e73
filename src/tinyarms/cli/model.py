"""`tinyarms model`: the weights of embedded models."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.table import Table

from tinyarms.cli.output import emit, say, say_table
from tinyarms.cli.progress import downloading
from tinyarms.cli.shared import json_option
from tinyarms.loop.project.model_settings import weights_name, weights_to_tune
from tinyarms.loop.project.starter import models_overview, pull_model
from tinyarms.loop.searching.thread_tuning import NOT_KEPT, chosen_text
from tinyarms.loop.searching.thread_tuning import tune as tune_model


@click.group(short_help="List, pull and tune embedded models.")
def model() -> None:
    """List, pull and tune embedded models."""


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
    say_table(table)


@model.command()
@click.argument("name", metavar="NAME")
@json_option
def pull(name: str, as_json: bool) -> None:
    """Download the weights of the model NAME, unless they are on this machine.

    If the model comes in several quantizations, NAME may end with one. Otherwise the project's
    `smollm2.quantization` decides, and without a project Q4_K_M is used.
    """
    name = weights_name(name, Path.cwd(), os.environ)
    before = {view.name: view.pulled for view in models_overview(os.environ)}
    with downloading(name) as progress:
        path = pull_model(name, progress, os.environ)
    if as_json:
        emit("model pull", {"name": name, "path": path})
    else:
        say(f"{name} is {'already ' if before.get(name) else ''}in {path}")


@model.command()
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def tune(name: str | None, as_json: bool) -> None:
    """Find the fastest number of threads and slots for the model NAME on this machine.

    The measurement takes about ten seconds; run it while nothing else runs. Its result is used if
    config.yaml sets no `threads` or `slots`. Without NAME, the project's embedded model is
    measured. The first `prompt evolve` also measures.
    """
    name = name or weights_to_tune(Path.cwd(), os.environ)
    name = weights_name(name, Path.cwd(), os.environ)
    say(f"Measuring {name} …", err=True)
    view = tune_model(name, os.environ)
    if as_json:
        emit("model tune", view)
        return
    head = ("Threads", "Slots", "Calls/s", "Prompt tokens/s", "Reply tokens/s", "")
    table = Table(*head, box=None, pad_edge=False)
    for each in view.measured:
        table.add_row(
            str(each.threads),
            str(each.slots),
            f"{each.calls_per_second:.1f}",
            f"{each.prompt_per_second:.0f}",
            f"{each.generation_per_second:.0f}",
            "chosen" if each == view.chosen else "",
        )
    say_table(table)
    say(chosen_text(view.chosen))
    say(NOT_KEPT if view.path is None else f"Stored in {view.path}")
