"""`tinyarms agent-skill`: write a SKILL.md that teaches an agent the work with tinyArms."""

from __future__ import annotations

from pathlib import Path

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option


@click.command(short_help="Teach an agent to use tinyArms.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def agent_skill(folder: Path, as_json: bool) -> None:
    """Write DIR/tinyarms/SKILL.md, which teaches an agent the work with tinyArms.

    It is in the format of agent skills, so DIR is where your agent looks for them. It is made from
    this version's own tools and numbers; write it again after an upgrade. A file that is there is
    replaced.

    \b
    tinyarms agent-skill .claude/skills
    """
    from tinyarms.mcp.agent_skill import write_agent_skill

    path = write_agent_skill(folder)
    if as_json:
        emit("agent-skill", {"file": path})
    else:
        say(f"Wrote {path}")
