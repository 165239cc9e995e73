"""The rule that compares a promoted prompt with the one before it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HoldbackRule:
    """How a promotion is watched. A later change of the settings does not change it."""

    share: float
    """The share of tasks on the reference, in [0, 0.5]; 0 in the original preset."""
    alpha: float
    """The most promotions of prompts that are no worse that are ever taken back, in (0, 1)."""
    threshold: float | None = None
    """Original preset: the accuracy, in [0, 1], below which the new prompt is taken back."""
    sample_size: int | None = None
    """Original preset: the number of newest outcomes over which accuracy is taken."""
