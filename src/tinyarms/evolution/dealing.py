"""How a search deals its examples."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.ids import derived_random
from tinyarms.evolution.protocol import Problem
from tinyarms.skills.example import Example

_POOL_SHARE = 0.3
_MOST_IN_POOL = 60


def deal(problem: Problem) -> tuple[Sequence[Example], Sequence[Example]]:
    """A pool that demonstrations are taken from, and the rest, in the order of the race."""
    order = list(problem.search)
    derived_random(problem.seed, "order").shuffle(order)
    size = min(int(_POOL_SHARE * len(order)), _MOST_IN_POOL)
    return order[:size], order[size:]
