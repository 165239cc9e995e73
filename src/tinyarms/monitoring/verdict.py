"""What a trigger says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """Whether to evolve, why, and the numbers that it was seen by."""

    triggered: bool
    reason: Literal["accuracy_drop", "drift"] | None
    """`None` exactly if not triggered."""
    numbers: Mapping[str, float | None]
    """What is stored with the trigger. `None`: not known."""
    explanation: str
    """In plain words, one sentence."""
