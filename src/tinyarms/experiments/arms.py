"""The arms of an experiment and the outcomes it reads.

An outcome is an answer to a ballot or, in single mode, a task that one arm served.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """The accuracy measured offline, in [0, 1]; `None` if it was never measured."""

    @property
    def label(self) -> str:
        """The arm in plain words, as the subject of a sentence."""
        return "The incumbent" if self.role == "incumbent" else f"Variant {self.letter}"


@dataclass(frozen=True)
class Outcome:
    """One answer to one ballot, or one task of single mode.

    Raises `ExperimentError` if `chosen` or `picked` was not shown.
    """

    shown: tuple[str, ...]
    """Arm ids in the order in which they were shown."""
    chosen: str | None
    """The arm that allocation chose before the ballot was shown; `None`: no allocation ran."""
    picked: str | None
    """The arm the user picked; `None`: skipped or none of these, which no rule counts."""
    user: str
    at: datetime
    success: bool | None = None
    """Single mode: whether the task succeeded; `None`: not known yet."""
    probabilities: Mapping[str, float] | None = None
    """Single mode: the probability of each open arm, by id, logged when the task was assigned."""

    def __post_init__(self) -> None:
        for arm_id in (self.chosen, self.picked):
            if arm_id is not None and arm_id not in self.shown:
                raise ExperimentError(
                    f"The ballot did not show the arm {arm_id}.",
                    f"It showed: {', '.join(self.shown)}.",
                )
