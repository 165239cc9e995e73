"""What a check of the project has found out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.text import one_line, shorten

Subject = Literal[
    "versions",
    "config",
    "prompts",
    "database",
    "models",
    "prices",
    "contracts",
    "scorers",
    "examples",
    "votes",
    "service",
    "clock",
]
"""What a finding is about."""
Level = Literal["ok", "warning", "error"]
"""`error`: something will not work. `warning`: it works, but worse than it could, or could not be
checked."""

_MOST_CHARACTERS = 400
"""Most characters of a message that comes from elsewhere."""


@dataclass(frozen=True)
class DoctorFinding:
    """One thing that a check has found out."""

    check: Subject
    """What it is about."""
    level: Level
    """`error`: something will not work. `warning`: it works, but worse than it could, or could not
    be checked. `ok`: all is well."""
    what: str
    """What was found out, in words."""
    where: str | None = None
    """The skill, model or file that it is about; `None`: the whole project."""
    remedy: str = ""
    """What to do about it; empty only if all is well."""


@dataclass(frozen=True)
class DoctorView:
    """The result of all checks."""

    folder: Path | None
    """The project's folder; `None` if there is no project."""
    findings: tuple[DoctorFinding, ...]
    """What the checks found out, by subject."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found that will not work."""
        return all(finding.level != "error" for finding in self.findings)

    def with_findings(self, more: Iterable[DoctorFinding]) -> DoctorView:
        """The same with the findings of other checks."""
        return DoctorView(self.folder, in_order((*self.findings, *more)))


def in_order(found: Sequence[DoctorFinding]) -> tuple[DoctorFinding, ...]:
    """By subject, each finding once: two checks may meet the same fault."""
    subjects: tuple[Subject, ...] = get_args(Subject)
    once: dict[tuple[Subject, str | None, str], DoctorFinding] = {}
    for finding in found:
        once.setdefault((finding.check, finding.where, finding.what), finding)
    return tuple(sorted(once.values(), key=lambda finding: subjects.index(finding.check)))


def found_error(
    check: Subject,
    error: TinyArmsError,
    where: str | None = None,
    *,
    remedy: str = "Correct it.",
    level: Level = "error",
) -> DoctorFinding:
    """An error as a finding. `remedy`: for errors without a hint."""
    return DoctorFinding(check, level, _short(error.message), where, error.hint or remedy)


def not_checked(
    check: Subject, subject: str, why: str, where: str | None = None, remedy: str = ""
) -> DoctorFinding:
    """A check that could not be made. `why`: a sentence; `remedy`: empty if it is not known."""
    what = f"Could not check {subject}, because {why}"
    return DoctorFinding(check, "warning", what, where, remedy or "Mend that first.")


def checked(
    check: Subject, subject: str, findings: Iterable[DoctorFinding], where: str | None = None
) -> list[DoctorFinding]:
    """The findings of one check; if it fails, the last one says so."""
    made: list[DoctorFinding] = []
    try:
        for finding in findings:
            made.append(finding)  # noqa: PERF402 - those before the failure are kept
    except TinyArmsError as error:
        why = f"{_short(error.message).rstrip('.')}."
        made.append(not_checked(check, subject, why, where, error.hint))
    except (Exception, SystemExit) as error:
        # Also what a user's own module raises when it is imported.
        why = f"of an unexpected {type(error).__name__}: {_short(str(error))}."
        made.append(not_checked(check, subject, why, where, "Please report it."))
    return made


def _short(text: str) -> str:
    return shorten(one_line(text), _MOST_CHARACTERS)
