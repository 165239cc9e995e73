"""Check the clock against the times of files and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tinyarms.core.clock import iso
from tinyarms.core.text import counted
from tinyarms.loop.diagnosing.finding import DoctorFinding
from tinyarms.store.project.config import CONFIG, CONSTANTS, Project

SLACK = timedelta(minutes=5)
"""How far ahead of the clock a time may be. Higher: file servers whose clocks differ more are not
reported. Lower: more of them are."""
_SET_IT = "Set the clock; on Linux, timedatectl shows whether it is synchronised."


def clock_findings(
    project: Project, newest: Mapping[str, datetime], now: datetime
) -> Iterator[DoctorFinding]:
    """Files and rows that were written later than now.

    `newest`: by skill, the time of its newest row.
    """
    program = _written(Path(__file__))
    if program is not None and program > now + SLACK:
        yield DoctorFinding(
            "clock",
            "error",
            f"The clock says {iso(now)}, but this program was installed on {iso(program)}. "
            "Waits and limits of days would be wrong.",
            remedy=_SET_IT,
        )
        return
    for skill, moment in newest.items():
        if moment > now + SLACK:
            yield DoctorFinding(
                "clock",
                "warning",
                f"Its newest row is from {iso(moment)}, but the clock says {iso(now)}. Accuracy, "
                "cooldowns and limits of days are wrong until then.",
                skill,
                f"{_SET_IT} If the clock was wrong when the row was written, wait or restore a "
                "backup from before.",
            )
    times = [(_written(path), path) for path in _files(project)]
    later = [(written, path) for written, path in times if written and written > now + SLACK]
    if later:
        newest_file, path = max(later)
        others = (
            f", and {counted(len(later) - 1, 'other file')} later than now" if later[1:] else ""
        )
        yield DoctorFinding(
            "clock",
            "warning",
            f"{path} was changed on {iso(newest_file)}{others}, but the clock says {iso(now)}.",
            remedy=f"{_SET_IT} If the clock is right: touch {path}",
        )
    yield DoctorFinding("clock", "ok", f"The clock says {iso(now)}.")


def _files(project: Project) -> list[Path]:
    names = [CONFIG, CONSTANTS]
    for config in project.skills.values():
        names.append(config.prompt_template)
        if config.skill.examples is not None:
            names.append(config.skill.examples)
    return [project.root / name for name in dict.fromkeys(names)]


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
