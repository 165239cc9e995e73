"""`tinyarms monitor`: check the skills for a drop, or run the daemon."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem

from tinyarms.cli.command_or_group import CommandOrGroup
from tinyarms.cli.lazy import Entry, LazyGroup
from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import complete_skill, json_option, project
from tinyarms.core.errors import UsageError
from tinyarms.loop.project.listener import SILENT
from tinyarms.loop.watching.check import SkillCheck
from tinyarms.loop.watching.health import Health
from tinyarms.monitoring.verdict import Reading

FAILED = 1
"""Exit code if a skill cannot be checked or its release cannot be carried out."""
EXIT_CODES: Mapping[Health, int] = {
    "healthy": 0,
    "too_few": 0,
    "dropped": 3,
    "evolving": 3,
    "cooling_down": 4,
    "blind": 5,
}
_WORDS: Mapping[Health, str] = {
    "healthy": "ok",
    "too_few": "too little to tell",
    "dropped": "DROP",
    "evolving": "known drop",
    "cooling_down": "low, cooling down",
    "blind": "blind",
}

_DAEMON = LazyGroup(
    "monitor",
    entries={
        "install": Entry("tinyarms.cli.monitor_units:install", "Run the monitor as a service."),
        "uninstall": Entry("tinyarms.cli.monitor_units:uninstall", "Stop and remove the service."),
        "status": Entry("tinyarms.cli.monitor_status:status", "Show what the daemon is doing."),
    },
    help="The daemon.",
)


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [*_DAEMON.shell_complete(ctx, incomplete), *complete_skill(ctx, param, incomplete)]


@click.command(
    cls=CommandOrGroup, group=_DAEMON, short_help="Watch the skills, once or continuously."
)
@click.argument("skills", metavar="[SKILL]...", nargs=-1, shell_complete=_complete)
@click.option("--once", is_flag=True, help="Check once and exit, for cron.")
@click.option("--evolve", is_flag=True, help="With --once, evolve the skills that are due.")
@click.option("--share", is_flag=True, help="Share the skills with a daemon that runs already.")
@json_option
@click.pass_context
def monitor(
    ctx: click.Context,
    skills: tuple[str, ...],
    once: bool,
    evolve: bool,
    share: bool,
    as_json: bool,
) -> None:
    """Watch all skills: evolve those that drop, end decided tests, roll back worse prompts.

    The monitor runs until Ctrl-C or SIGTERM, and writes the log tinyarms.log in the project's
    folder: JSON lines, in at most four files of 2 MB. It checks for drops every 5 minutes, in the
    original preset every 24 hours; triggers.check_every_hours changes this. With --json it prints
    each event as a line on stdout.

    On PostgreSQL, daemons of several machines share the skills: each evolves those that no other
    one is evolving. On SQLite a second daemon is refused, unless it is asked to --share.

    With --once it checks the named skills, or all, and exits. With --once --evolve, for a cron job,
    it also searches for a better prompt after a drop or when triggers.schedule is due, and asks
    users to choose.

    The exit code of --once describes the skills before any action: 0 healthy, or too little data; 1
    a skill could not be checked, or its release failed; 3 dropped, or being evolved after a drop; 4
    dropped, but too soon after the last evolution; 5 blind: the skill is used, but its outcomes are
    unknown, or more than a third of the newest do not count. The highest code wins.
    """
    if once and share:
        raise UsageError("--share is for a daemon: leave out --share or --once.")
    if once:
        _check(ctx, skills, evolve, as_json)
    elif skills or evolve:
        raise UsageError(
            f"Without --once the daemon watches all skills: leave out {skills[0]!r}."
            if skills
            else "Without --once the daemon evolves what drops: leave out --evolve.",
            _meant(skills) or "Or add --once.",
        )
    else:
        _watch(as_json, share)


def _meant(skills: Sequence[str]) -> str:
    close = get_close_matches(skills[0], _DAEMON.entries, n=1) if skills else []
    return f"Did you mean `monitor {close[0]}`?" if close else ""


def _watch(as_json: bool, share: bool) -> None:
    from tinyarms.daemon.process import watch_project
    from tinyarms.loop.watching.events import Event

    def print_line(event: Event) -> None:
        emit("monitor", {"event": event})
        sys.stdout.flush()

    terminal = sys.stderr if sys.stderr.isatty() else None
    watch_project(terminal, [print_line] if as_json else [], share=share)


def _check(ctx: click.Context, skills: Sequence[str], evolve: bool, as_json: bool) -> None:
    # A check says nothing of its progress: it is run again and again, by cron for instance.
    progress = watching() if evolve else nullcontext(SILENT)
    with project(background=True) as arms, progress as listener:
        checks = arms.monitor(skills or None, evolve=evolve, listener=listener)
    if as_json:
        emit("monitor", {"checks": checks})
    else:
        for check in checks:
            say("\n".join(_lines(check)))
    ctx.exit(exit_code(checks))


def exit_code(checks: Sequence[SkillCheck]) -> int:
    """The highest exit code of the skills; 0 without skills."""
    of_health = [EXIT_CODES[check.health] for check in checks if check.health is not None]
    of_problems = [FAILED for check in checks if check.problem is not None]
    return max([*of_health, *of_problems], default=0)


def _lines(check: SkillCheck) -> list[str]:
    lines = list(check.concluded)
    if check.problem is not None:
        lines.append(f"{check.skill}: PROBLEM. {check.problem}")
    if check.health is not None:
        words = [f"{_WORDS[check.health]}.", *_session(check), check.explanation, check.would]
        lines.append(f"{check.skill}: {' '.join(words)}".rstrip())
    return lines + _reading_lines(check)


def _session(check: SkillCheck) -> list[str]:
    """What its evolution is doing, if it has one: a search may run or be interrupted."""
    return [f"{check.status}."] if check.state in ("searching", "testing", "in_review") else []


def _reading_lines(check: SkillCheck) -> list[str]:
    """The reading of each rule and signal, those in use first."""
    if not check.n:
        return []
    in_use = [reading for reading in check.readings if reading.rule in check.rules_in_use]
    others = [reading for reading in check.readings if reading not in in_use]
    return [*map(_line, in_use), "  Shown only:", *map(_line, others)]


def _line(reading: Reading) -> str:
    return f"  {reading.rule:<19}  {'ALARM' if reading.alarm else '-':<5}  {reading.summary}"
