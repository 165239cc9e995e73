"""`tinyarms prompt cancel`: no winner after all."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop.testing import conclude


@click.command(short_help="End the open evolution session without a winner.")
@skill_argument
@json_option
def cancel(skill: str, as_json: bool) -> None:
    """End SKILL's open evolution session; the prompt in production stays."""
    with project() as context:
        ended = conclude.cancel(context, skill)
    if as_json:
        emit("prompt cancel", ended)
    else:
        say(f"Session {ended.session_id[:8]} is cancelled; the prompt in production stays.")
