"""Tasks, and what users said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OutcomeSource = Literal["feedback", "correction", "scorer"]
"""Who says how a task went: a user, by `feedback` or `correction`, or the skill's scorer."""

Standing = Literal["counted", "changed", "over_cap", "new_name", "opinion"]
"""Of feedback. `changed`: it changes what its user has said of the task, which counted. The others
are kept, but move nothing. `over_cap`: its user is too far ahead of the others; `new_name`: its
user has run too few tasks; `opinion`: the outcome is another user's to change."""
COUNTS: tuple[Standing, ...] = ("counted", "changed")
"""Feedback that sets its task's outcome."""
UNCOUNTED: tuple[Standing, ...] = ("over_cap", "new_name")
"""Feedback whose outcome is lost, as far as it was not known otherwise."""


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
    """What a user said of a task."""

    id: str
    task_id: str
    created_at: datetime
    success: bool | None = None
    correction: str | None = None
    user: str | None = None
    """Who said it; once it is settled, the user of the task where nobody is named."""
    skill: str | None = None
    """Of its task; this and the next two are `None` until the task is there."""
    standing: Standing | None = None
    settled_at: datetime | None = None
    """When both the feedback and its task were there."""

    @property
    def outcome(self) -> tuple[bool, OutcomeSource] | None:
        """The task's outcome by this feedback. A correction says that the task failed."""
        if self.correction is not None:
            return False, "correction"
        return None if self.success is None else (self.success, "feedback")
