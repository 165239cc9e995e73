"""A detector's reading, and the trigger's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reason = Literal["accuracy_drop", "drift", "scheduled"]
State = Literal["dropped", "cooling_down", "too_few", "healthy", "scheduled"]


@dataclass(frozen=True)
class Reading:
    """What one rule or signal sees."""

    rule: str
    """Name of the rule or signal."""
    alarm: bool
    """Whether it shows that the skill does worse now."""
    numbers: Mapping[str, float | None]
    """The numbers behind the alarm. `None`: not known."""
    summary: str
    """A summary in words, to continue a sentence about the accuracy."""


@dataclass(frozen=True, kw_only=True)
class TriggerNumbers:
    """The numbers behind a verdict of the trigger, as they are stored with a session."""

    explanation: str
    """The verdict in one plain sentence."""
    rule: str | None
    """The first rule in use that raises an alarm; `None`: there is none."""
    accuracy: float | None
    """Accuracy over the newest outcomes, in [0, 1]; `None`: no outcome is known."""
    n: int
    """How many outcomes the accuracy is over."""
    failures: int
    """How many of them are failures."""
    accuracy_threshold: float
    """The value of this setting at that time."""
    sample_size: int
    """The value of this setting at that time."""
    hours_since_evolution: float | None
    """Hours since the last evolution began; `None`: there was none."""
    cooldown_hours: float
    """The cooldown at that time: the setting, or longer after searches that found nothing
    better."""
    rules: Mapping[str, Mapping[str, float | None]]
    """Rule or signal → the numbers behind its alarm. `None`: not known."""


@dataclass(frozen=True)
class Verdict:
    """Whether to evolve, why, and the numbers behind it."""

    state: State
    """`cooling_down`: a rule raises an alarm, but the last evolution was too recent. `too_few`:
    there are too few outcomes to tell. `scheduled`: nothing has dropped, but a scheduled evolution
    is due."""
    reason: Reason | None
    """Why to evolve; `None` exactly if `state` is neither `dropped` nor `scheduled`."""
    numbers: TriggerNumbers
    """What is stored with the session that it begins."""
    readings: tuple[Reading, ...] = ()
    """The readings of all rules and signals that were read, including those that are not in use."""
    rules_in_use: tuple[str, ...] = ()
    """The rules that may begin an evolution."""

    @property
    def explanation(self) -> str:
        """The verdict in one plain sentence."""
        return self.numbers.explanation

    @property
    def triggered(self) -> bool:
        """Whether there is a drop to act on."""
        return self.state == "dropped"

    @property
    def begins_search(self) -> bool:
        """Whether an evolution is due, because of a drop or the schedule."""
        return self.state in ("dropped", "scheduled")
