"""`tinyarms monitor`: has a skill got worse?"""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import json_option, project
from tinyarms.core.errors import UsageError
from tinyarms.loop.monitoring import evolve_on_drop, monitor_once
from tinyarms.loop.views import SkillCheck
from tinyarms.monitoring.verdict import Reading

DROP_FOUND = 3


@click.command(short_help="Check every skill for a drop in accuracy.")
@click.argument("skills", metavar="[SKILL]...", nargs=-1)
@click.option("--once", is_flag=True, help="Check once and exit; for cron.")
@click.option("--evolve", is_flag=True, help="Evolve what has dropped.")
@json_option
@click.pass_context
def monitor(
    ctx: click.Context, skills: tuple[str, ...], once: bool, evolve: bool, as_json: bool
) -> None:
    """Check skills (all of them, if none is named) for a drop in accuracy.

    Exits with 3 if a drop was found. With --evolve a better prompt is searched for at once, and
    users are asked to choose: the whole job, for cron.
    """
    if not once:
        raise UsageError(
            "Running for ever comes in a later release.", "Use --once, for example from cron."
        )
    with project() as context, watching() as listener:
        context.background = True
        on_drop = evolve_on_drop(context, listener) if evolve else None
        checks = monitor_once(context, skills or None, on_drop)
    if as_json:
        emit("monitor", {"checks": checks})
    else:
        for check in checks:
            state = "DROP" if check.triggered else "ok"
            say(f"{check.skill}: {state}. {check.explanation} {check.would}".rstrip())
            _say_readings(check)
    if any(check.triggered for check in checks):
        ctx.exit(DROP_FOUND)


def _say_readings(check: SkillCheck) -> None:
    """A line for what each rule and signal sees, those in use first."""
    if not check.n:
        return
    in_use = [reading for reading in check.readings if reading.rule in check.rules_in_use]
    for reading in in_use:
        say(_line(reading))
    say("  Shown only:")
    for reading in check.readings:
        if reading not in in_use:
            say(_line(reading))


def _line(reading: Reading) -> str:
    return f"  {reading.rule:<19}  {'ALARM' if reading.alarm else '-':<5}  {reading.said}"
