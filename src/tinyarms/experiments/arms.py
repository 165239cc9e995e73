"""The arms of a live test and the outcomes it reads.

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

    Raises `ExperimentError` if `chosen`, `picked` or one of `same_output` was not shown.
    """

    shown: tuple[str, ...]
    """Arm ids in the order in which they were shown."""
    chosen: str | None
    """The arm that allocation chose before the ballot was shown; `None`: no allocation ran."""
    picked: str | None
    """The arm the user picked; `None`: the user skipped or chose none of these, which no rule
    counts. If several arms gave the picked output, this is any of them."""
    user: str
    at: datetime
    success: bool | None = None
    """Single mode: whether the task succeeded; `None`: not known yet."""
    probabilities: Mapping[str, float] | None = None
    """Single mode: the probability of each open arm, by id, logged when the task was assigned."""
    same_output: frozenset[str] = frozenset()
    """The other arms that gave the picked output. The pick counts for them too, so it does not
    distinguish them from `picked`."""

    def __post_init__(self) -> None:
        for arm_id in (self.chosen, self.picked, *sorted(self.same_output)):
            if arm_id is not None and arm_id not in self.shown:
                raise ExperimentError(
                    f"The ballot did not show the arm {arm_id}.",
                    f"It showed: {', '.join(self.shown)}.",
                )

    @property
    def picks(self) -> frozenset[str]:
        """All arms that gave the output which the user picked; empty without a pick."""
        return frozenset() if self.picked is None else self.same_output | {self.picked}

    def preference(self, arm_id: str, other_id: str) -> int:
        """1: the user prefers the first arm; −1: the second; 0: the answer does not distinguish
        them."""
        return (arm_id in self.picks) - (other_id in self.picks)
