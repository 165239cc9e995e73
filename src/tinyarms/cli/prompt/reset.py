"""`tinyarms prompt reset`: return to the first prompt."""

from __future__ import annotations

import click

from tinyarms.cli.prompt.release import say_release
from tinyarms.cli.shared import json_option, project, skill_argument


@click.command(short_help="Return to the first prompt version.")
@skill_argument
@json_option
def reset(skill: str, as_json: bool) -> None:
    """Put the first prompt text of SKILL into production again, as a new version."""
    with project() as arms:
        done = arms.reset(skill)
    say_release(done, "prompt reset", as_json)
