"""`tinyarms prompt reset`: back to the first prompt."""

from __future__ import annotations

import click

from tinyarms.cli.prompt.release import say_release
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop.releasing import restore


@click.command(short_help="Go back to the first prompt version.")
@skill_argument
@json_option
def reset(skill: str, as_json: bool) -> None:
    """Put the first text of SKILL's prompt into production again; it becomes a new version."""
    with project() as context:
        done = restore.reset(context, skill)
    say_release(done, "prompt reset", as_json)
