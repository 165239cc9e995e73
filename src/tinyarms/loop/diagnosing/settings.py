"""Check the two config files and the versions of the program and what it runs on."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec

from tinyarms.core.errors import ConfigError
from tinyarms.core.text import counted
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error
from tinyarms.loop.project.model_settings import found_elsewhere, settings_without_effect
from tinyarms.store.db.sqlite import has_wal_reset_bug
from tinyarms.store.project.config import Project


def config_findings(project: Project, errors: Sequence[ConfigError]) -> Iterator[DoctorFinding]:
    """The parts of the config files that cannot be used, and settings without effect."""
    for error in errors:
        yield found_error("config", error)
    for line in found_elsewhere(project):
        yield DoctorFinding("config", "ok", line)
    for line in settings_without_effect(project):
        what, _, advice = line.partition(". ")
        remedy = advice or "Remove the setting."
        yield DoctorFinding("config", "warning", f"{what.rstrip('.')}.", remedy=remedy)
    skills, models = counted(len(project.skills), "skill"), counted(len(project.models), "model")
    yield DoctorFinding("config", "ok", f"{skills} and {models} can be used.")


def version_findings() -> Iterator[DoctorFinding]:
    """The versions of tinyArms, Python and SQLite, and a known bug of this SQLite."""
    bug = " (it has the WAL-reset bug, which tinyArms works around)" if has_wal_reset_bug() else ""
    yield DoctorFinding(
        "versions",
        "ok",
        f"tinyarms {version('tinyarms')}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}{bug}, {platform.system()} {platform.machine()}",
    )


def engine_findings(project: Project) -> Iterator[DoctorFinding]:
    """The packages that the project needs and that are not there."""
    embedded = [name for name, model in project.models.items() if model.kind == "embedded"]
    if embedded and find_spec("xllamacpp") is None:
        yield DoctorFinding(
            "versions",
            "error",
            f"The package that runs embedded models is missing, so {', '.join(embedded)} cannot.",
            remedy="pip install 'tinyarms[local]'",
        )
    if project.settings.opentelemetry and find_spec("opentelemetry") is None:
        yield DoctorFinding(
            "versions",
            "warning",
            "No spans are made of tasks: OpenTelemetry is not installed.",
            remedy="pip install 'tinyarms[otel]'",
        )
