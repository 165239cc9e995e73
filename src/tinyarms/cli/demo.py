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


@click.command(short_help="See the whole loop run on an example skill.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same run.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where its project is written.",
)
@click.option("--story", is_flag=True, help="A simulated year that nobody looks after.")
@json_option
def demo(seed: int, folder: Path, story: bool, as_json: bool) -> None:
    """Watch a skill get worse, evolve, be tested and be released.

    Runs on the embedded model; simulated users vote. The last line is the result as JSON.

    With --story the daemon does it all, for a year: three times the world gets harder. Model calls
    are kept, so the same story again takes no model. Stopped or killed, it goes on where it was.
    """
    with watching() as listener:
        if story:
            from tinyarms.cli.year import tell_story

            result = tell_story(folder, seed, listener, as_json)
        else:
            tell = partial(say, err=as_json)
            result = run_demo(folder, seed, tell, listener, os.environ)
    click.echo(json.dumps(result))
