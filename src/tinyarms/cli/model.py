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
from tinyarms.loop.project.starter import ModelView, models_overview, pull_model
from tinyarms.loop.searching.thread_tuning import NOT_KEPT, chosen_text
from tinyarms.loop.searching.thread_tuning import tune as tune_model


@click.group(short_help="List, pull and tune embedded models.")
def model() -> None:
    """List, pull and tune embedded models."""


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the embedded models, whether they are on this machine, and how they are checked.

    `catalog`: tinyArms knows the SHA-256. `first pull`: the weights must be those that this machine
    has pulled first. `-`: the next pull is the first.
    """
    models = models_overview(os.environ)
    if as_json:
        emit("model list", {"models": models})
        return
    table = Table("Model", "Pulled", "Size", "Checked by", box=None, pad_edge=False)
    for each in models:
        size = "-" if each.size is None else f"{each.size / 1e6:.0f} MB"
        checked = "-" if each.sha256 is None else "first pull"
        checked = "catalog" if each.in_catalog else checked
        table.add_row(each.name, "yes" if each.pulled else "no", size, checked)
    say_table(table)


@model.command()
@click.argument("name", metavar="NAME")
@json_option
def pull(name: str, as_json: bool) -> None:
    """Download the weights of the model NAME, unless they are on this machine.

    If the model comes in several quantizations, NAME may end with one. Otherwise the project's
    `smollm2.quantization` decides, and without a project Q4_K_M is used. The weights are checked by
    their SHA-256; where tinyArms does not know it, the first pull is trusted and its hash kept.
    """
    name = weights_name(name, Path.cwd(), os.environ)
    before = _found(name)
    with downloading(name) as progress:
        path = pull_model(name, progress, os.environ)
    after = _found(name)
    if as_json:
        hash = {"sha256": after.sha256, "revision": after.revision}
        emit("model pull", {"name": name, "path": path, **hash})
        return
    say(f"{name} is {'already ' if before.pulled else ''}in {path}")
    if before.sha256 is None:
        at = "" if after.revision is None else f" at revision {after.revision}"
        say(
            f"Its SHA-256 was not known, so this pull was trusted. From now on, it must be "
            f"{after.sha256}{at}."
        )


def _found(name: str) -> ModelView:
    """The model as it is now."""
    return next(view for view in models_overview(os.environ) if view.name == name)


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
