"""What a detector reads, and what the trigger says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal["accuracy_drop", "drift"]


@dataclass(frozen=True)
class Reading:
    """What one rule or signal sees."""

    rule: str
    """Name of the rule or signal."""
    alarm: bool
    """Whether it says that things are worse now."""
    numbers: Mapping[str, float | None]
    """The numbers that it goes by."""
    said: str
    """What it sees, in words."""


@dataclass(frozen=True)
class Verdict:
    """Whether to evolve, why, and the numbers that it was seen by."""

    state: Literal["dropped", "cooling_down", "too_few", "healthy"]
    """`cooling_down`: it would be dropped, but the last evolution was too recent. `too_few`:
    there are not outcomes enough to tell."""
    reason: Reason | None
    """`None` exactly if not triggered."""
    numbers: Mapping[str, Any]
    """What is stored with the trigger, plain values for JSON. `None`: not known."""
    explanation: str
    """In plain words, one sentence."""

    @property
    def triggered(self) -> bool:
        return self.state == "dropped"
