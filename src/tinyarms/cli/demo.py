"""`tinyarms demo`: the whole loop on an example skill."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import click

from tinyarms.cli.output import say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import json_option
from tinyarms.demo.week import run_demo


@click.command(short_help="Run the whole loop on an example skill.")
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of the run.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder of the demo's project.",
)
@click.option("--year", is_flag=True, help="Simulate an unattended year.")
@click.option("--story", is_flag=True, hidden=True, help="The former name of --year.")
@json_option
def demo(seed: int, folder: Path, year: bool, story: bool, as_json: bool) -> None:
    """Run the whole loop: a skill gets worse, is evolved, tested and released.

    The demo runs on the embedded model, and simulated users vote. It takes about 5 to 20 minutes on
    two cores; after Ctrl-C, the next run begins again. Its last line is the result as JSON.

    With --year (formerly --story), the daemon runs for a simulated year in which the task gets
    harder three times. Model calls are recorded, so the same year runs again without a model. After
    Ctrl-C or a kill, the next run resumes the year.
    """
    with watching() as listener:
        if year or story:
            from tinyarms.cli.year import show_year

            result = show_year(folder, seed, listener, as_json)
        else:
            tell = partial(say, err=as_json)
            result = run_demo(folder, seed, tell, listener, os.environ)
    click.echo(json.dumps(result))
