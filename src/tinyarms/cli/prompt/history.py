"""`tinyarms prompt history`: the ledger of a skill's prompt versions."""

from __future__ import annotations

import click
from rich.table import Table

from tinyarms.cli.memory_text import memory_text
from tinyarms.cli.output import day, emit, say, say_table
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.loop.reporting.history import HistoryView


@click.command(short_help="List the prompt versions of a skill.")
@skill_argument
@json_option
def history(skill: str, as_json: bool) -> None:
    """List the prompt versions of SKILL with their cost, expected gain and live effect.

    Calls, tokens and seconds are the cost of the session that made the version. "Held out" is the
    accuracy on n held-out examples before and after, if an offline gate measured it. "Live" is the
    difference to the version before it on tasks split between both, in percentage points with the
    95 % interval.
    """
    with project() as arms:
        versions, waits = arms.history(skill), arms.waiting_release(skill)
    if as_json:
        content = {"skill": skill, "versions": versions, "waiting_release": waits}
        emit("prompt history", content)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Version")
    table.add_column("From")
    for title in ("Calls", "Tokens", "Seconds", "Held out, %", "n"):
        table.add_column(title, justify="right")
    table.add_column("Live, points")
    for version in versions:
        table.add_row(*_cells(version))
    say_table(table)
    say()
    for version in versions:
        say(f"{version.version}: {_story(version)}")
    if waits is not None:
        say(waits)


def _cells(version: HistoryView) -> tuple[str, ...]:
    spent, held_out, live = version.spent, version.held_out, version.live
    costs = ("-",) * 3
    if spent is not None:
        costs = (str(spent.calls), str(spent.tokens), f"{spent.seconds:.0f}")
    promised = ("-", "-")
    if held_out is not None:
        promised = (f"{_hundred(held_out.before)}>{_hundred(held_out.after)}", str(held_out.n))
    effect = "-"
    if live is not None and live.effect is not None and live.interval is not None:
        low, high = (f"{100 * bound:+.0f}" for bound in live.interval)
        effect = f"{100 * live.effect:+.0f} ({low}..{high})"
    return str(version.version), day(version.active_from), *costs, *promised, effect


def _hundred(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _story(version: HistoryView) -> str:
    """The version's origin, who released it, and what became of it."""
    by = {
        "evidence": "by its evidence",
        "hand": "by hand",
        "setting": "by the setting reset_after_days",
        None: "",
    }[version.by]
    parts = [" ".join(filter(None, (version.source, by)))]
    if version.restores is not None:
        parts.append(f"the text of {version.restores}")
    said = [", ".join(parts), version.reason, version.evidence]
    said.append(_approval(version))
    said.append(memory_text(version.memory))
    if version.resumed_at is not None:
        said.append(f"Interrupted, finished on {day(version.resumed_at)}")
    if version.live is not None and version.live.result is None:
        live = version.live
        said.append(f"Compared with {live.reference} on {live.n + live.reference_n} outcomes.")
    if version.live is not None and version.live.result == "kept":
        said.append(f"Kept: {version.live.reason}")
    if version.rolled_back_by is not None:
        said.append(f"Rolled back by {version.rolled_back_by}")
    elif version.active_to is None:
        said.append("In production")
    return " ".join(f"{part.rstrip('.')}." for part in said if part)


def _approval(version: HistoryView) -> str:
    """Who approved the version, and whether that still stands; empty if nobody has."""
    if version.approved_at is None:
        return ""
    at, by, until = day(version.approved_at), version.approved_by, version.approved_until
    if until is not None:
        said = f"Counted as approved from {at}" if by is None else f"Approved by {by} on {at}"
        return f"{said} until {day(until)}" if by is None else f"{said}, taken back on {day(until)}"
    return f"Counts as approved since {at}" if by is None else f"Approved by {by} on {at}"
