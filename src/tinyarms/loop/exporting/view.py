"""What was exported, in answers for people and programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportView:
    """The result of an export."""

    skill: str
    """The skill whose data it is."""
    format: str
    """The format, by its name in `--to`."""
    file: str | None
    """The file that was written; `None`: another program holds it."""
    n: int
    """Number of rows, prompt versions or spans."""
    unit: str
    """What was counted: `prompt`, `example`, `task`, `vote`, `version` or `span`."""
    notes: tuple[str, ...] = ()
    """What did not go with it, one sentence each."""
