"""Examples as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.example import Example


@dataclass(frozen=True, kw_only=True)
class ExampleRecord:
    """An example with what is known of where it comes from."""

    example: Example
    created_at: datetime
    """When it was read first; of a collected one, when it was corrected last."""
    user: str | None = None
    """Who corrected the task that it was collected from; `None` for nobody named."""
    reviewed_at: datetime | None = None
    """When a person made it gold; `None` for all others."""
