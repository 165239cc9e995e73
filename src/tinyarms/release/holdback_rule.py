"""The rule that compares a promoted prompt with the one before it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HoldbackRule:
    """How a promotion is compared. Later changes of the settings do not affect it."""

    share: float
    """The share of tasks on the reference, in [0, 0.5]; 0 in the original preset."""
    alpha: float
    """Largest share, in (0, 1), of promotions of no worse prompts that are ever rolled back."""
    threshold: float | None = None
    """Original preset: the accuracy, in [0, 1], below which the new prompt is rolled back."""
    sample_size: int | None = None
    """Original preset: the number of newest outcomes over which accuracy is taken."""
