"""`tinyarms doctor`: check everything that a project needs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import WholeNumber, json_option
from tinyarms.core.text import counted
from tinyarms.daemon.service.findings import service_findings
from tinyarms.loop.diagnosing.diagnose import CALLS, TIMEOUT_S, diagnose
from tinyarms.loop.diagnosing.finding import DoctorFinding, DoctorView, Subject

_MARKS = {"error": "ERROR", "warning": "warning"}
_REMEDY_INDENT = " " * 11
_TOLD: tuple[Subject, ...] = ("versions", "models", "prices")
"""Subjects of which people are told even if all is well."""


@click.command(short_help="Check everything that the project needs.")
@click.option(
    "--calls",
    type=WholeNumber(0, 1000),
    default=CALLS,
    show_default=True,
    help="Most calls a skill to check its contract.",
)
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    default=TIMEOUT_S,
    show_default=True,
    help="Longest time for all calls to one model.",
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, calls: int, timeout_s: float, as_json: bool) -> None:
    """Check everything that the project needs, and say what to do about each fault.

    The command checks versions, the config, prompts, the database, models, their prices, contracts,
    examples, the votes that live tests can expect, the monitor and the clock. Each model is really
    asked: once, and for each skill that it runs about up to 10 of its examples. No reply is stored,
    and nothing in the project is changed.

    The exit code is 1 if something will not work, and 0 otherwise, also with warnings.
    """
    view = examined(calls=calls, timeout_s=timeout_s)
    if as_json:
        emit("doctor", {"ok": view.ok, **vars(view)})
    else:
        say_findings(view)
    if not view.ok:
        ctx.exit(1)


def examined(
    folder: Path | None = None,
    *,
    calls: int = CALLS,
    timeout_s: float = TIMEOUT_S,
    quick: bool = False,
) -> DoctorView:
    """The findings about a project, and about its service.

    `folder`: by default the project at or above the working folder. The others as for `diagnose`.
    """
    environ: Mapping[str, str] = os.environ
    if folder is not None:
        environ = {**environ, "TINYARMS_HOME": str(folder.absolute())}
    with watching() as listener:
        view = diagnose(
            folder, environ, calls=calls, timeout_s=timeout_s, quick=quick, listener=listener
        )
    if view.folder is None:
        return view
    return view.with_findings(service_findings(view.folder, environ))


def say_findings(view: DoctorView) -> None:
    """Print one line a subject, and below it what is not well, with its remedy."""
    width = max(map(len, get_args(Subject)))
    for subject in get_args(Subject):
        found = [finding for finding in view.findings if finding.check == subject]
        faults = [finding for finding in found if finding.level != "ok"]
        if not found:
            continue
        say(f"{subject.capitalize():<{width}}  {_summary(found)}")
        for finding in faults:
            say(f"  {_MARKS[finding.level]:<7}  {_in_words(finding)}")
            say(f"{_REMEDY_INDENT}{finding.remedy}")


def _summary(found: Sequence[DoctorFinding]) -> str:
    """`2 warnings`, or `ok` with what is worth knowing."""
    counts = {level: sum(each.level == level for each in found) for level in ("error", "warning")}
    faults = [counted(n, level) for level, n in counts.items() if n]
    if faults:
        return ", ".join(faults)
    if found[0].check not in _TOLD:
        return "ok"
    return f"ok  {' '.join(map(_in_words, found))}"


def _in_words(finding: DoctorFinding) -> str:
    """What was found, with its place if the sentence does not name it."""
    if finding.where is None or finding.where in finding.what:
        return finding.what
    return f"{finding.where}: {finding.what}"
