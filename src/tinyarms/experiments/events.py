"""What an experiment is made of: its arms, and one event for every answer to a ballot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.core.errors import ExperimentError


@dataclass(frozen=True)
class Arm:
    """One prompt in the live test: a variant, or the incumbent."""

    id: str
    letter: str
    """The variant's own letter (A, B, C); no ballot shows it. Empty for the incumbent."""
    role: Literal["incumbent", "challenger"]
    accuracy: float | None = None
    """Measured offline, in [0, 1]; `None` if it never was."""

    @property
    def label(self) -> str:
        """The arm in plain words, to begin a sentence with."""
        return "The incumbent" if self.role == "incumbent" else f"Variant {self.letter}"


@dataclass(frozen=True)
class Outcome:
    """One answer to one ballot. An experiment's outcomes are in order of arrival, oldest first.

    Raises `ExperimentError` if `chosen` or `picked` was not shown.
    """

    shown: tuple[str, ...]
    """Arm ids in the order shown."""
    chosen: str | None
    """The arm that allocation chose before the ballot was shown; `None`: no allocation ran."""
    picked: str | None
    """The arm the user picked; `None`: skipped or none of these, which moves no rule."""
    user: str
    at: datetime

    def __post_init__(self) -> None:
        for arm_id in (self.chosen, self.picked):
            if arm_id is not None and arm_id not in self.shown:
                raise ExperimentError(
                    f"The ballot did not show the arm {arm_id}.",
                    f"It showed: {', '.join(self.shown)}.",
                )
