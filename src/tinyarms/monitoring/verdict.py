"""What a detector reads, and what the trigger says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reason = Literal["accuracy_drop", "drift"]
State = Literal["dropped", "cooling_down", "too_few", "healthy"]


@dataclass(frozen=True)
class Reading:
    """What one rule or signal sees."""

    rule: str
    alarm: bool
    numbers: Mapping[str, float | None]
    """What it goes by. `None`: not known."""
    said: str
    """In words that go on a sentence about the accuracy."""


@dataclass(frozen=True, kw_only=True)
class TriggerNumbers:
    """What the trigger went by."""

    explanation: str
    """In plain words, one sentence."""
    rule: str | None
    """The first rule in use that alarms; `None`: none does."""
    accuracy: float | None
    """Over the newest outcomes, in [0, 1]; `None`: no outcome is known."""
    n: int
    """How many outcomes that is over."""
    failures: int
    """Those of them that are failures."""
    accuracy_threshold: float
    sample_size: int
    hours_since_evolution: float | None
    """`None`: there was none."""
    cooldown_hours: float
    rules: Mapping[str, Mapping[str, float | None]]
    """Rule or signal → the numbers that it goes by. `None`: not known."""


@dataclass(frozen=True)
class Verdict:
    """Whether to evolve, why, and the numbers that it was seen by."""

    state: State
    """`cooling_down`: it would be dropped, but the last evolution was too recent. `too_few`:
    there are not outcomes enough to tell."""
    reason: Reason | None
    """`None` exactly if not triggered."""
    numbers: TriggerNumbers
    """What is stored with the session that it begins."""

    @property
    def explanation(self) -> str:
        """In plain words, one sentence."""
        return self.numbers.explanation

    @property
    def triggered(self) -> bool:
        return self.state == "dropped"
