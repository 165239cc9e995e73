"""`tinyarms demo`: the whole loop on an example skill."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from tinyarms.cli.output import say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import json_option
from tinyarms.loop.demo import run_demo


@click.command(short_help="See the whole loop run on an example skill.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same run.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where its project is written.",
)
@json_option
def demo(seed: int, folder: Path, as_json: bool) -> None:
    """Watch a skill get worse, evolve, be tested and be released.

    Runs on the embedded model; simulated users vote. The last line is the result as JSON.
    """
    with watching() as listener:
        result = run_demo(folder, seed, lambda text: say(text, err=as_json), listener, os.environ)
    click.echo(json.dumps(result))
