"""Make all checks of a project, even if it cannot be opened. Nothing of it is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.errors import ConfigError
from tinyarms.core.text import counted
from tinyarms.loop.diagnosing.clock import clock_findings
from tinyarms.loop.diagnosing.finding import (
    DoctorFinding,
    DoctorView,
    checked,
    found_error,
    in_order,
)
from tinyarms.loop.diagnosing.models import model_findings
from tinyarms.loop.diagnosing.prices import price_findings
from tinyarms.loop.diagnosing.rows import RowChecks, row_checks
from tinyarms.loop.diagnosing.scorers import scorer_findings
from tinyarms.loop.diagnosing.settings import config_findings, engine_findings, version_findings
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.project.loading import usable_project
from tinyarms.loop.project.spools import FOLDER, Spools
from tinyarms.store.db.snapshot import empty_snapshot
from tinyarms.store.project.config import Project, find_project
from tinyarms.store.spool import MAX_BYTES

CALLS = 10
"""Most calls to see whether a skill's contract is kept. More find rarer violations, and cost
more."""
TIMEOUT_S = 60.0
"""Seconds for all calls to one model. Higher: a large model has time to load. Lower: a server that
hangs is reported sooner."""


def diagnose(
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
    *,
    calls: int = CALLS,
    timeout_s: float = TIMEOUT_S,
    quick: bool = False,
    listener: Listener = SILENT,
) -> DoctorView:
    """Check the project at or above `start`, by default the working folder.

    It raises nothing: a check that cannot be made is a finding. What needs parts of the config that
    are broken is left out. Models are really asked, but no reply is stored.

    Parameters
    ----------
    calls
        Most calls for each skill to see whether its contract is kept, at least 0.
    timeout_s
        Seconds for all calls to one model, above 0.
    quick
        Leave out examples, votes and contracts, in which a new project has nothing to find.
    """
    environ = os.environ if environ is None else environ
    found = checked("versions", "the versions", version_findings())
    folders: list[Path] = []
    projects: list[Project] = []
    found += checked("config", "the config", _config(start, environ, folders, projects))
    for project in projects:
        found += checked("versions", "the packages", engine_findings(project))
        rows: list[RowChecks] = []
        most_inputs = None if quick else calls
        checks = row_checks(project, environ, clock, most_inputs, rows)
        found += checked("database", "the database", checks)
        found += checked("database", "the spool", spool_findings(project))
        newest = rows[0].newest if rows else {}
        found += checked("clock", "the clock", clock_findings(project, newest, clock()))
        tried = rows[0].tried if rows else ()
        with empty_snapshot() as store:
            context = Context(project, store, environ, clock)
            for name in () if quick else project.skills:
                trying = scorer_findings(context, name)
                found += checked("scorers", "the scorer", trying, name)
            for name in project.models:
                asking = model_findings(context, name, tried, timeout_s, listener)
                found += checked("models", "the model", asking, name)
            found += checked("prices", "the prices", price_findings(context))
    return DoctorView(folders[0] if folders else None, in_order(found))


def spool_findings(project: Project) -> Iterator[DoctorFinding]:
    """What waits for the database."""
    waiting = Spools(project.root).length()
    if waiting.lines:
        lines = counted(waiting.lines, "task or feedback line")
        what = f"Not stored yet: {lines} ({waiting.bytes / 1e6:.1f} of {MAX_BYTES / 1e6:g} MB)."
        remedy = "The next process that can use the database stores them: tinyarms prompt stats"
        yield DoctorFinding("database", "warning", what, f"{FOLDER}/spool", remedy)


def _config(
    start: Path | None, environ: Mapping[str, str], folders: list[Path], projects: list[Project]
) -> Iterator[DoctorFinding]:
    """Find and load the project; the results go to `folders` and `projects`."""
    try:
        root = find_project((start or Path.cwd()).absolute(), environ).absolute()
    except ConfigError as error:
        yield found_error("config", error)
        return
    folders.append(root)
    project, errors = usable_project(root, environ)
    projects.append(project)
    yield from config_findings(project, errors)
