"""`tinyarms prompt cancel`: end a session without a winner."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project, skill_argument


@click.command(short_help="End the open session without a winner.")
@skill_argument
@json_option
def cancel(skill: str, as_json: bool) -> None:
    """End SKILL's open evolution session; the prompt in production stays.

    A release that was interrupted, or whose files could not be written, is withdrawn too.
    """
    with project(finish=False) as arms:
        ended = arms.cancel(skill)
    if as_json:
        emit("prompt cancel", ended)
        return
    if ended.withdrawn_version is not None:
        what = f"The release of version {ended.withdrawn_version} is withdrawn"
        say(f"{what}; the prompt in production stays.")
    if ended.session_id is not None:
        what = f"Session {ended.session_id[:8]} is cancelled"
        say(f"{what}; the prompt in production stays.")
