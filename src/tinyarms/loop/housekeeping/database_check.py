"""Check a project's database and files, even if the project cannot be opened."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.loop.housekeeping.agreement import (
    CORRECT,
    ComparedRows,
    compared_rows,
    disagreements,
)
from tinyarms.loop.housekeeping.file_access import cannot_be_read, cannot_be_written, too_open
from tinyarms.loop.housekeeping.forget import LOGS
from tinyarms.loop.project.loading import database_of, load
from tinyarms.store.db.copies import check_not_set_aside, way_back
from tinyarms.store.db.database import parse_url, shown_url
from tinyarms.store.db.inspection import Inspection, inspect_database
from tinyarms.store.db.kept_files import backups, set_aside_files
from tinyarms.store.db.migrate import HEAD
from tinyarms.store.db.sqlite import has_wal_reset_bug
from tinyarms.store.project.config import (
    CONFIG,
    CONSTANTS,
    Project,
    SkillConfig,
    find_project,
)


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    about: Literal["config", "files", "connection", "integrity", "schema", "releases", "skill"]
    """The subject of the check."""
    ok: bool
    """Whether it is in order."""
    message: str
    """The result in words."""
    remedy: str = ""
    """The remedy; empty if there is no fault."""
    skill: str | None = None
    """The skill that it is about; `None` if it is about the whole project."""
    blocks: bool = True
    """If it is a fault: whether something will not work. False: the program works with it, or mends
    it by itself."""


@dataclass(frozen=True)
class DatabaseCheck:
    """The result of `check_database`."""

    database: str
    """The database's file, or its URL without the password."""
    revision: str | None
    """Revision of its schema; `None`: it has none, or cannot be read."""
    newest_revision: str
    """Revision of this program's schema."""
    findings: tuple[Finding, ...]
    """The results of all checks."""

    @property
    def ok(self) -> bool:
        return all(finding.ok for finding in self.findings)


def check_database(
    start: Path | None = None, environ: Mapping[str, str] | None = None
) -> DatabaseCheck:
    """Check the database of the project at or above `start`, and its files; change nothing.

    Raises `ConfigError` if there is no project.
    """
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    address = database_of(root, environ)
    where = shown_url(parse_url(address))
    findings: list[Finding] = []
    try:
        project = load(root, environ)
        findings += [
            Finding("config", False, error.message, error.hint or CORRECT)
            for error in project.unusable.values()
        ]
    except ConfigError as error:
        project = None
        findings.append(Finding("config", False, error.message, error.hint or CORRECT))
    skills = {} if project is None else project.skills
    try:
        inspection = inspect_database(address, lambda work: compared_rows(work, tuple(skills)))
    except StoreError as error:
        remedy = error.hint or "Correct TINYARMS_DATABASE, or start the server."
        findings.append(Finding("connection", False, error.message, remedy))
        return DatabaseCheck(where, None, HEAD, tuple(findings))
    findings += findings_about(inspection, project)
    return DatabaseCheck(where, inspection.schema, HEAD, tuple(findings))


def findings_about(
    inspection: Inspection[ComparedRows], project: Project | None
) -> Iterator[Finding]:
    """What an inspection has found out, compared with the project's files, if they can be read."""
    yield from _about_database(inspection)
    if project is not None:
        yield from _about_files(project, inspection)
    if project is not None and inspection.rows is not None:
        for name, config in project.skills.items():
            yield from _about_skill(project.root, name, config, inspection.rows)


def _about_database(inspection: Inspection[ComparedRows]) -> Iterator[Finding]:
    if inspection.state == "missing":
        yield from _missing(Path(inspection.where))
        return
    yield Finding("connection", True, "The database can be opened.")
    if inspection.damage:
        remedy = way_back(Path(inspection.where))
        for message in inspection.damage:
            yield Finding("integrity", False, f"{inspection.where}: {message}.", remedy)
    elif inspection.kind == "sqlite":
        yield Finding("integrity", True, f"The file is whole.{_checkpoints()}")
    if not inspection.damage or inspection.schema is not None:
        yield from _about_schema(inspection)
    if inspection.rows is None:
        return
    for skill, count in inspection.rows.interrupted.items():
        releases = "A release was" if count == 1 else f"{count} releases were"
        yield Finding(
            "releases",
            False,
            f"{releases} interrupted.",
            f"It is finished by: tinyarms prompt stats {skill}",
            skill,
            blocks=False,
        )
    if not inspection.rows.interrupted:
        yield Finding("releases", True, "No release was interrupted.")


def _missing(database: Path) -> Iterator[Finding]:
    try:
        check_not_set_aside(database)
    except StoreError as error:
        yield Finding("integrity", False, error.message, error.hint)
    else:
        message = "There is no database yet; the first command that needs one makes it."
        yield Finding("connection", True, message)


def _checkpoints() -> str:
    if not has_wal_reset_bug():
        return ""
    return (
        f" SQLite {sqlite3.sqlite_version} has the WAL-reset bug (3.7.0 to 3.51.2), which can "
        "damage a database; tinyArms keeps it from happening by checkpoints that nobody writes "
        "beside."
    )


def _about_schema(inspection: Inspection[ComparedRows]) -> Iterator[Finding]:
    schema, state = inspection.schema, inspection.state
    if state == "newer":
        message = f"The schema {schema} is newer than this tinyArms ({HEAD})."
        yield Finding("schema", False, message, "Upgrade tinyarms.")
    elif state == "behind":
        message = f"The schema {schema} is older than this tinyArms ({HEAD})."
        yield Finding("schema", False, message, "Run: tinyarms db upgrade", blocks=False)
    elif state == "empty":
        yield Finding("schema", True, "The database is empty; the next command fills it.")
    elif inspection.lacks:
        message = f"The schema {schema} lacks {', '.join(inspection.lacks)}."
        yield Finding("schema", False, message, "Restore a backup.")
    else:
        yield Finding("schema", True, f"The schema is {schema}, as this tinyArms has it.")


def _about_files(project: Project, inspection: Inspection[ComparedRows]) -> Iterator[Finding]:
    """Whether the files can be read and, if tinyArms writes them, written."""
    root = project.root
    needed, written = [root / CONFIG, root / CONSTANTS], [root, root / CONFIG]
    for config in project.skills.values():
        needed.append(root / config.prompt_template)
        written.append((root / config.prompt_template).parent)
        if config.skill.examples is not None:
            needed.append(root / config.skill.examples)
    needed += [root / each.recording for each in project.models.values() if each.recording]
    if inspection.kind == "sqlite":
        database = Path(inspection.where)
        needed.append(database)
        written += [database.parent, database]
    obstacles = [*cannot_be_read(needed), *cannot_be_written(written)]
    for obstacle in obstacles:
        yield Finding("files", False, obstacle.what, obstacle.remedy)
    for obstacle in too_open(_private_files(root, inspection)):
        yield Finding("files", False, obstacle.what, obstacle.remedy, blocks=False)
    if not obstacles:
        yield Finding("files", True, "The files can be read and written.")


def _private_files(root: Path, inspection: Inspection[ComparedRows]) -> Iterator[Path]:
    """The files that hold what users wrote, as far as tinyArms makes them."""
    yield from root.glob(LOGS)
    if inspection.kind == "sqlite":
        database = Path(inspection.where)
        yield from (database.with_name(database.name + ending) for ending in ("", "-wal", "-shm"))
        yield from (*backups(database), *set_aside_files(database))


def _about_skill(
    root: Path, name: str, config: SkillConfig, rows: ComparedRows
) -> Iterator[Finding]:
    """Whether the database, config.yaml and the prompt file agree on a skill."""
    if name in rows.interrupted:
        return  # They disagree until the release is finished.
    number = rows.number_of(name)
    problems = list(disagreements(root, name, config, rows))
    for problem in problems:
        yield Finding("skill", False, problem.message, problem.remedy, name, problem.blocks)
    if not problems:
        in_use = "It was not used yet." if number is None else f"Version {number} is in production."
        yield Finding("skill", True, in_use, skill=name)
