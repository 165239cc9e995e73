"""Check the database, and what needs its rows, in one moment of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tinyarms.core.clock import Clock
from tinyarms.core.errors import StoreError
from tinyarms.loop.diagnosing.finding import (
    DoctorFinding,
    Level,
    Subject,
    checked,
    found_error,
    not_checked,
)
from tinyarms.loop.diagnosing.monitor import monitor_findings
from tinyarms.loop.diagnosing.scorers import judge_findings
from tinyarms.loop.diagnosing.skills import TriedSkill, check_skill
from tinyarms.loop.housekeeping.agreement import ComparedRows, compared_rows
from tinyarms.loop.housekeeping.database_check import Finding, findings_about
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import database_of
from tinyarms.store.db.inspection import Inspection, check_not_locked, inspect_database
from tinyarms.store.db.snapshot import Snapshot, empty_snapshot
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import Project

_PATIENCE_S = 5.0
"""Seconds to wait for a process that locks the database. Higher: a long write is not reported."""
_NO_DATABASE = "Correct TINYARMS_DATABASE, or start the database."
_SUBJECTS: Mapping[str, Subject] = {"config": "config", "files": "config", "skill": "prompts"}
"""Subjects of findings of `db check`; all others are about the database."""
_NEED_ROWS: tuple[Subject, ...] = ("votes", "service")


@dataclass(frozen=True)
class RowChecks:
    """What was found out with the rows of one moment."""

    compared: ComparedRows
    """For the comparison of database and files."""
    newest: Mapping[str, datetime]
    """Skill → the time of its newest row."""
    tried: tuple[TriedSkill, ...]
    """The skills whose prompts can be used."""
    findings: tuple[DoctorFinding, ...]
    """About prompts, examples, votes and the monitor."""


def row_checks(
    project: Project,
    environ: Mapping[str, str],
    clock: Clock,
    most_inputs: int | None,
    results: list[RowChecks],
) -> Iterator[DoctorFinding]:
    """Check the database, then each skill by its files and rows; the result goes to `results`.

    If the rows cannot be read, the skills are checked by their files alone. `most_inputs`: for each
    skill, most inputs to try it on; `None`: only its prompt is checked.
    """

    def read_rows(work: UnitOfWork) -> RowChecks:
        context = Context(project, Snapshot(work, "the database"), environ, clock)
        return _checks(context, work, most_inputs)

    address = database_of(project.root, environ)
    rows: RowChecks | None = None
    may_have_rows = True
    try:
        inspection = inspect_database(address, read_rows, _PATIENCE_S)
    except StoreError as error:
        yield found_error("database", error, remedy=_NO_DATABASE)
    else:
        rows = inspection.rows
        may_have_rows = inspection.state not in ("missing", "empty") or bool(inspection.damage)
        findings = list(findings_about(_comparable(inspection), project))
        yield from map(_translated, findings)
        can_be_written = all(finding.ok for finding in findings if finding.about == "files")
        if not inspection.damage and can_be_written:
            yield from _lock(address)
    skipped: tuple[Subject, ...] = ()
    if rows is None:
        with empty_snapshot() as store, store.read() as work:
            rows = _checks(Context(project, store, environ, clock), work, most_inputs)
        if may_have_rows:
            skipped = _NEED_ROWS
            subject = "votes, the monitor and collected examples"
            why, remedy = "the rows of the database cannot be read.", "Mend the database first."
            yield not_checked("votes", subject, why, remedy=remedy)
    results.append(rows)
    yield from (finding for finding in rows.findings if finding.check not in skipped)


def _lock(address: str | Path) -> Iterator[DoctorFinding]:
    try:
        check_not_locked(address, _PATIENCE_S)
    except StoreError as error:
        yield found_error("database", error, remedy="End the process that locks it.")


def _checks(context: Context, work: UnitOfWork, most_inputs: int | None) -> RowChecks:
    skills = tuple(context.project.skills)
    found: list[DoctorFinding] = []
    tried = []
    for name in skills:
        checks = check_skill(context, name, most_inputs)
        found += checks.findings
        if checks.tried is not None:
            tried.append(checks.tried)
    for name in skills:
        found += checked("scorers", "the judge", judge_findings(context, work, name), name)
    found += checked("service", "the monitor", monitor_findings(context))
    newest = {name: work.moments.newest(name) for name in skills}
    return RowChecks(
        compared_rows(work, skills),
        {name: moment for name, moment in newest.items() if moment is not None},
        tuple(tried),
        tuple(found),
    )


def _comparable(inspection: Inspection[RowChecks]) -> Inspection[ComparedRows]:
    return Inspection(
        inspection.where,
        inspection.kind,
        inspection.schema,
        inspection.state,
        inspection.has_rows,
        inspection.damage,
        inspection.lacks,
        None if inspection.rows is None else inspection.rows.compared,
    )


def _translated(finding: Finding) -> DoctorFinding:
    """A finding of `db check`."""
    check = _SUBJECTS.get(finding.about, "database")
    if finding.ok:
        return DoctorFinding(check, "ok", finding.message, finding.skill)
    level: Level = "error" if finding.blocks else "warning"
    return DoctorFinding(check, level, finding.message, finding.skill, finding.remedy)
