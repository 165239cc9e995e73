"""The output of `tinyarms demo --year`: the year as it happens, then a report."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from tinyarms.cli.output import console, percent, say
from tinyarms.core.plain import plain
from tinyarms.core.text import counted
from tinyarms.demo.year import run_year
from tinyarms.demo.year_report import SessionView, YearView
from tinyarms.loop.project.listener import Listener


def show_year(folder: Path, seed: int, listener: Listener, as_json: bool) -> dict[str, Any]:
    """Run the year; the result, ready for JSON. With `as_json` all text goes to stderr."""
    tell = partial(say, err=as_json)
    view = run_year(folder, seed, tell, listener, os.environ)
    _report(view, tell, as_json)
    result: dict[str, Any] = plain(view)
    return result


def _report(view: YearView, tell: Callable[[str], None], err: bool) -> None:
    tell(
        f"\nTHE YEAR of {view.skill}: {view.tasks} tasks of {len(view.dialogs)} users, all "
        "simulated, as is the clock.\n"
    )
    tell("Accuracy by month (live tasks, by their users' feedback):")
    for month in view.months:
        known = "-" if month.accuracy is None else percent(month.accuracy)
        tell(f"  {month.name}  {known:>4}  n={month.n}")
    tell(f"Drawn on the page /skills/{view.skill} of tinyarms serve.")
    tell("\nThe changes of the world:")
    for change in view.changes:
        said = "no drop was found before the next change"
        if change.noticed_at is not None and change.noticed_after is not None:
            after = counted(change.noticed_after, "task")
            said = f"found on {change.noticed_at:%d %b}, after {after}"
        tell(f"  {change.at:%d %b}  {said}")
    tell(f"\nSessions triggered: {len(view.sessions)}, by the drop in accuracy.")
    if view.sessions:
        console(err).print(_sessions(view.sessions))
    tell(
        f"\n{counted(view.promotions, 'promotion')}, {view.rollbacks} of them rolled back by "
        f"itself; version {view.version} is in production."
    )
    if view.gain is not None:
        points = f"{100 * view.gain:+.0f}"
        tell(f"Gain of the promotions on held-out examples: {points} points on average.")
    tell(f"Model calls of all searches and gates: {view.calls}.")
    tell("\nDialogs, by user:")
    console(err).print(_dialogs(view))
    tell(
        f"The settings allow a dialog on {view.show_probability:.0%} of the tasks while a live "
        f"test is open,\nand {view.max_votes} votes a test."
    )


def _sessions(sessions: tuple[SessionView, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Day")
    table.add_column("Result")
    for title in ("Version", "Held out, %", "n", "Calls", "Votes"):
        table.add_column(title, justify="right")
    for session in sessions:
        held_out = "-"
        if session.held_out_before is not None and session.held_out_after is not None:
            held_out = f"{100 * session.held_out_before:.0f}>{100 * session.held_out_after:.0f}"
        calls = session.task_calls + session.test_calls + session.writer_calls
        table.add_row(
            f"{session.triggered_at:%d %b}",
            session.result.replace("_", " "),
            "-" if session.version is None else str(session.version),
            held_out,
            str(session.held_out_n or "-"),
            str(calls),
            str(session.votes),
        )
    return table


def _dialogs(view: YearView) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("User")
    for title in ("Tasks", "Dialogs", "Skipped", "A week, mean", "Most in a week"):
        table.add_column(title, justify="right")
    for user in view.dialogs:
        table.add_row(
            user.user,
            str(user.tasks),
            str(user.dialogs),
            str(user.skipped),
            f"{user.per_week:.2f}",
            str(user.most_in_a_week),
        )
    return table
