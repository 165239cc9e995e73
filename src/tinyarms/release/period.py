"""A prompt version's period in production, as the release decisions read it.

It joins a row of `prompt_history`, which has the columns of the original design, with the version
and with who asked for the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.prompt import PromptVersion


@dataclass(frozen=True, kw_only=True)
class Period:
    """A period in which one prompt version was in production."""

    version: PromptVersion
    since: datetime
    until: datetime | None
    """When the version left production; `None`: it is still in production."""
    by_hand: bool
    """Whether a person put it into production."""
    accuracy: float | None = None
    """The version's last known accuracy, in [0, 1]; `None`: not known."""
    reason: str = ""
    """Why the period ended; empty while it lasts."""
