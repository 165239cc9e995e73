"""Stratified order: split a search's examples so that every part has each group's share."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from tinyarms.core.ids import derived_random
from tinyarms.evolution.constants import MAX_POOL_EXAMPLES, POOL_SHARE
from tinyarms.evolution.problem import Problem
from tinyarms.skills.example import Example


def split_demonstrations(problem: Problem) -> tuple[Sequence[Example], Sequence[Example]]:
    """The pool that demonstrations are taken from, and the other examples in the order of the race.

    All users see a prompt's own demonstrations, so none is of a user whose examples are not shared.
    Groups are the labels; without labels the examples' kinds, or else their expected outputs.
    """
    labelled = bool(problem.contract.labels)
    order = stratified_order(
        problem.search,
        derived_random(problem.seed, "order"),
        lambda example: example.expected if labelled else example.kind or example.expected,
    )
    size = min(int(POOL_SHARE * len(order)), MAX_POOL_EXAMPLES)
    may_be_shown = [e for e in order if problem.memory_share == "skill" or not e.user]
    pool = may_be_shown[:size]
    ids = {example.id for example in pool}
    return pool, [example for example in order if example.id not in ids]


def stratified_order(
    examples: Sequence[Example], rng: random.Random, group_of: Callable[[Example], str]
) -> list[Example]:
    """The examples in random order, each stretch with about the same group shares as the whole.

    This is stratified sampling: if six of eight examples had one label, a mere preference for that
    label would look like skill.
    """
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[group_of(example)].append(example)
    keyed: list[tuple[float, Example]] = []
    for group in groups.values():
        rng.shuffle(group)
        keyed += [((n + rng.random()) / len(group), example) for n, example in enumerate(group)]
    return [example for _, example in sorted(keyed, key=lambda pair: pair[0])]
