"""`tinyarms monitor status`: the state of the daemon and the next step of each skill."""

from __future__ import annotations

from datetime import datetime

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project
from tinyarms.core.clock import iso
from tinyarms.core.text import counted
from tinyarms.daemon.service.units import UnitStatus, installed
from tinyarms.loop.reporting.daemon_status import DaemonStatus, SkillStanding
from tinyarms.loop.reporting.operations import RunningSearch
from tinyarms.loop.reporting.spend import Spend


@click.command(short_help="Show what the daemon is doing.")
@json_option
def status(as_json: bool) -> None:
    """Show whether the daemon runs, what it is doing, and what happens next to each skill."""
    with project() as arms:
        found = arms.status()
        service = installed(arms.root)
    if as_json:
        emit("monitor status", vars(found) | {"service": service})
        return
    _say_daemon(found)
    _say_waiting(found)
    _say_service(service)
    for skill in found.skills:
        _say_skill(skill)
    if found.spend:
        say("\nCalls:")
    for line in found.spend:
        say(f"  {line.skill}, {line.model or 'the model of the application'}")
        say(f"    today       {_spend(line.today)}")
        say(f"    this month  {_spend(line.month)}")
    if found.events:
        say("\nLatest:")
    for event in found.events:
        about = f"{event.skill}: " if event.skill else ""
        say(f"  {_minute(event.at)}  {about}{event.summary}")


def _say_daemon(found: DaemonStatus) -> None:
    if found.running is None:
        last = f" Its last check was at {_minute(found.looked_at)}." if found.looked_at else ""
        say(f"The daemon does not run.{last} Start it: tinyarms monitor")
    else:
        since = f" since {_minute(found.since)}" if found.since else ""
        say(f"The daemon runs ({found.running}){since}.")
        if found.next_look is not None:
            lag_s = found.lag_s or 0
            late = f", {lag_s / 60:,.0f} minutes overdue" if lag_s > 60 else ""
            say(f"Next look: {_minute(found.next_look)}{late}")
    say(f"The daemon checks for a drop every {_duration(found.check_every_minutes)}.")
    if found.quiet_until is not None:
        say(f"Quiet hours until {_minute(found.quiet_until)}: no search begins.")


def _say_waiting(found: DaemonStatus) -> None:
    """What waits, and what runs."""
    if found.waiting:
        of = f"{found.spool.bytes:,} of at most {found.spool.most_bytes:,} bytes"
        say(f"Not stored yet: {counted(found.waiting, 'task or feedback line')} ({of})")
    if found.queue:
        say(f"Due and waiting: {', '.join(found.queue)}")
    for lock in found.locks:
        since = f", which began at {_minute(lock.since)}" if lock.since else ""
        say(f"{lock.skill}: {lock.work} by {lock.holder}{since}")
    for search in found.searches:
        say(_search(search))


def _search(search: RunningSearch) -> str:
    most = "" if search.most_calls is None else f", at most {search.most_calls:,} of tasks"
    best = "" if search.best is None else f", best {search.best:.0%} (n={search.best_n})"
    state = "" if search.running else ". It does not run; go on: tinyarms prompt evolve "
    state += "" if search.running else search.skill
    return (
        f"{search.skill}: {search.stage} since {_minute(search.began_at)}, "
        f"{counted(search.calls, 'call')}{most}{best}{_money(search.money)}{state}"
    )


def _spend(spend: Spend) -> str:
    calls, tokens = counted(spend.calls, "call"), counted(spend.tokens, "token")
    return f"{calls}, {tokens}, {spend.seconds:,.0f} s{_money(spend.money)}"


def _money(dollars: float | None) -> str:
    """`, $0.12`; empty if it cost nothing."""
    if dollars is None:
        return ", cost not known"
    return f", ${dollars:,.2f}" if dollars else ""


def _say_service(service: UnitStatus | None) -> None:
    if service is None:
        say("No service is installed. Install it: tinyarms monitor install")
        return
    at_login = "" if service.enabled is not False else ", not started at login"
    old = "" if service.up_to_date else ", out of date: tinyarms monitor install"
    say(f"Service {service.name}: {service.manager_state}{at_login}{old}.")


def _say_skill(skill: SkillStanding) -> None:
    state = (skill.state or "broken").replace("_", " ")
    say(f"\n{skill.skill}: {state}. {skill.status}".rstrip(".") + ".")
    if skill.next:
        by = f" (at the latest {_minute(skill.next_at)})" if skill.next_at else ""
        say(f"  Next: {skill.next}{by}")
    for what in skill.waits:
        say(f"  Waits for approval: {what}. tinyarms prompt review {skill.skill}")
    if skill.scheduled_at is not None:
        say(f"  Scheduled evolution: due {_minute(skill.scheduled_at)}")
    if skill.judge is not None:
        say(f"  {skill.judge}")
    if skill.error is not None:
        say(f"  Could not: {skill.error}")
    if skill.retry_at is not None:
        say(f"  Again: {_minute(skill.retry_at)}")


def _duration(minutes: float) -> str:
    """`5 minutes`, `24 hours`."""
    return f"{minutes:g} minutes" if minutes < 60 else f"{minutes / 60:g} hours"


def _minute(moment: datetime) -> str:
    """`2024-09-15 09:00 UTC`."""
    return f"{iso(moment)[:16].replace('T', ' ')} UTC"
