"""A detector's reading, and the trigger's verdict."""

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
    """The numbers behind the alarm. `None`: not known."""
    said: str
    """A summary in words, to continue a sentence about the accuracy."""


@dataclass(frozen=True)
class Verdict:
    """Whether to evolve, why, and the numbers behind it."""

    state: Literal["dropped", "cooling_down", "too_few", "healthy"]
    """`cooling_down`: a rule alarms, but the last evolution was too recent. `too_few`: there are
    too few outcomes to tell."""
    reason: Reason | None
    """Why to evolve; `None` exactly if `state` is not `dropped`."""
    numbers: Mapping[str, Any]
    """The numbers that are stored with the trigger, as plain values for JSON. `None`: not
    known."""
    explanation: str
    """The verdict in one plain sentence."""

    @property
    def triggered(self) -> bool:
        return self.state == "dropped"
