"""Tasks and users' feedback on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OutcomeSource = Literal["feedback", "correction", "scorer"]
"""Source of a task's outcome: a user, by `feedback` or `correction`, or the skill's scorer."""

Standing = Literal["counted", "changed", "over_cap", "new_name", "opinion"]
"""Whether feedback counts. `changed`: it replaces counted feedback of the same user. The following
are stored but do not count. `over_cap`: its user is too far ahead of the others; `new_name`: its
user has run too few tasks; `opinion`: only another user may change the outcome."""
COUNTS: tuple[Standing, ...] = ("counted", "changed")
"""Feedback that sets its task's outcome."""
UNCOUNTED: tuple[Standing, ...] = ("over_cap", "new_name")
"""Feedback whose outcome is lost unless it is known from another source."""


@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """One run of a skill. `success` is `None` while the outcome is unknown."""

    id: str
    skill: str
    inputs: Mapping[str, str]
    created_at: datetime
    prompt_version: int | None = None
    variant_id: str | None = None
    output: str | None = None
    violation: str | None = None
    latency_ms: float | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    user: str | None = None
    success: bool | None = None
    outcome_source: OutcomeSource | None = None


@dataclass(frozen=True, kw_only=True)
class FeedbackRecord:
    """A user's feedback on a task."""

    id: str
    task_id: str
    created_at: datetime
    success: bool | None = None
    correction: str | None = None
    user: str | None = None
    """The user who gave it; after settlement, the task's user if no name was given."""
    skill: str | None = None
    """The task's skill. It and the next two fields are `None` until the task exists."""
    standing: Standing | None = None
    settled_at: datetime | None = None
    """When both the feedback and its task existed."""

    @property
    def outcome(self) -> tuple[bool, OutcomeSource] | None:
        """The task's outcome by this feedback. A correction means that the task failed."""
        if self.correction is not None:
            return False, "correction"
        return None if self.success is None else (self.success, "feedback")
