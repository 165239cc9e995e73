"""Offer to get the weights of a model that is not on this machine."""

from __future__ import annotations

import os

import click

from tinyarms.cli.output import on_a_terminal
from tinyarms.cli.progress import downloading
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.starter import pull_model


def offer_pull(arms: TinyArms, skill: str) -> None:
    """Ask whether to get the weights of the skill's model, if they are missing; then get them.

    Without a terminal, or after a no, nothing is done: the first call names the command.
    """
    missing = arms.missing_model(skill)
    if missing is None or not on_a_terminal():
        return
    size = "" if missing.size is None else f" ({missing.size / 1e6:.0f} MB)"
    question = f"The model {missing.name}{size} is not on this machine. Get it now?"
    if click.confirm(question, default=True, err=True):
        with downloading(missing.name) as progress:
            pull_model(missing.name, progress, os.environ)
