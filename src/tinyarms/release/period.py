"""The time of a prompt version in production, as the decisions about releases read it.

The store keeps the same time as a row of `prompt_history`, with the columns of the original
design; a period joins that row with its version and with who asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.prompt import PromptVersion


@dataclass(frozen=True, kw_only=True)
class Period:
    """A span of time in which one prompt version was in production."""

    version: PromptVersion
    since: datetime
    until: datetime | None
    """When the version left production; `None`: it is still there."""
    by_hand: bool
    """Whether a person put it into production."""
    accuracy: float | None = None
    """The version's last known accuracy, in [0, 1]; `None`: not known."""
    reason: str = ""
    """Why the period ended; empty while it lasts."""
