"""How a search deals its examples."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from tinyarms.core.ids import derived_random
from tinyarms.evolution.problem import Problem
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example

_POOL_SHARE = 0.3
_MOST_IN_POOL = 60


def deal(problem: Problem) -> tuple[Sequence[Example], Sequence[Example]]:
    """A pool that demonstrations are taken from, and the rest, in the order of the race."""
    labelled = isinstance(problem.contract, Labels)
    order = evenly(
        problem.search,
        derived_random(problem.seed, "order"),
        lambda example: example.expected if labelled else example.kind or example.expected,
    )
    size = min(int(_POOL_SHARE * len(order)), _MOST_IN_POOL)
    return order[:size], order[size:]


def evenly(
    examples: Sequence[Example], rng: random.Random, group_of: Callable[[Example], str]
) -> list[Example]:
    """In random order, but so that every stretch has about as much of each group as the whole.

    Stratified sampling: where eight examples had six of one label, to have the preference for it
    looked like knowledge.
    """
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[group_of(example)].append(example)
    placed: list[tuple[float, Example]] = []
    for group in groups.values():
        rng.shuffle(group)
        placed += [((n + rng.random()) / len(group), example) for n, example in enumerate(group)]
    return [example for _, example in sorted(placed, key=lambda each: each[0])]
