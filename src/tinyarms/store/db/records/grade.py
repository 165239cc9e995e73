"""Grades of live tasks by a judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class GradeRecord:
    """What the judge said about the output of one task."""

    task_id: str
    judge: str
    """Names the judge and its question (`Online.key`)."""
    skill: str
    prompt_version: int
    task_at: datetime
    """When the task was run."""
    graded_at: datetime
    sampled: bool
    """Whether the task is of the random sample; the others were graded because of their feedback,
    and only say how far people and judge agree."""
    score: float | None
    """In [0, 1]; `None`: the output could not be graded, which is not a grade of 0."""
    reason: str | None = None
    """Why it is not higher, masked; `None`: the judge does not say."""
    problem: str | None = None
    """Why there is no grade; `None`: there is one."""
    calls: int = 1
    """Calls of the judge; 0 for an output that broke the contract, which needs none."""
    dollars: float | None = None
    """What the call cost; `None`: not known."""
