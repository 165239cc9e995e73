"""Stored examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.example import Example


@dataclass(frozen=True, kw_only=True)
class ExampleRecord:
    """An example and its origin."""

    example: Example
    created_at: datetime
    """When it was first read; for a collected example, when it was last corrected."""
    user: str | None = None
    """The user who corrected the task that it was collected from; `None` if not named."""
    reviewed_at: datetime | None = None
    """When a person made a collected example gold; otherwise `None`."""
