"""The rule by which a promoted prompt is compared with the one before it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HoldbackRule:
    """How a promotion is watched; it stays as it was when the promotion happened."""

    share: float
    """Of the tasks, on the reference; 0 in the original preset."""
    alpha: float
    """At most this share of promotions that are no worse is ever taken back."""
    threshold: float | None = None
    """Original preset: the accuracy below which the new prompt is taken back."""
    sample_size: int | None = None
    """Original preset: over how many outcomes that is looked at."""
