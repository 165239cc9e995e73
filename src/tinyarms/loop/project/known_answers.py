"""The answers to the ballots of a live test, as this process has read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tinyarms.experiments.arms import Outcome


@dataclass(frozen=True)
class KnownAnswers:
    """All answers of a live test up to one of them."""

    session_id: str
    outcomes: tuple[Outcome, ...] = ()
    """The answers that count, oldest first, including skips and "none of these"."""
    skips: int = 0
    none_of_these: int = 0
    excluded: Mapping[str, int] = field(default_factory=Counter)
    """Why answers do not count → how many."""
    picks: Mapping[str, int] = field(default_factory=Counter)
    """Variant's id → the counted votes that picked its output."""
    sequence: int = 0
    """The place of the last answer among the votes of all tests; 0 if there is none."""
    vote_id: str = ""
    """The id of the last answer."""
    at: datetime | None = None
    """When the last answer was given; `None` if there is none."""
