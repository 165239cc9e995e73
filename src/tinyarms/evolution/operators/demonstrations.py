"""Operators on demonstrations, without a model: choose, swap, drop, reorder."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt

MOST = 4
"""More demonstrations than this cost more than they bring with a tiny model."""


class ChooseDemonstrations:
    """A fresh set of two to four, of different kinds or labels where there are any."""

    name = "choose_demonstrations"

    def __call__(self, material: Material) -> Writing:
        if len(material.demonstration_pool) < 2:
            return None
        count = min(material.rng.randint(2, MOST), len(material.demonstration_pool))
        chosen = diverse(material.demonstration_pool, count, material.rng)
        return _draft(material, [demonstration(example) for example in chosen])
        yield  # an operator is a generator, even one that asks nothing


class ChangeDemonstrations:
    """Add, swap, drop or reorder one demonstration of a set."""

    name = "change_demonstrations"

    def __call__(self, material: Material) -> Writing:
        rng, shown = material.rng, list(material.parent.prompt.demonstrations)
        fresh = [d for d in map(demonstration, material.demonstration_pool) if d not in shown]
        edits = [
            *(["add"] if fresh and len(shown) < MOST else []),
            *(["swap"] if fresh and shown else []),
            *(["drop"] if shown else []),
            *(["reorder"] if len(shown) > 1 else []),
        ]
        if not edits:
            return None
        edit = rng.choice(edits)
        if edit == "add":
            shown.insert(rng.randint(0, len(shown)), rng.choice(fresh))
        elif edit == "swap":
            shown[rng.randrange(len(shown))] = rng.choice(fresh)
        elif edit == "drop":
            shown.pop(rng.randrange(len(shown)))
        else:
            rng.shuffle(shown)
        return _draft(material, shown)
        yield  # an operator is a generator, even one that asks nothing


def demonstration(example: Example) -> Demonstration:
    """An example as a worked turn."""
    return Demonstration(dict(example.inputs), example.expected)


def diverse(pool: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """`count` examples in random order, as many kinds (or else expected outputs) as possible."""
    shuffled = rng.sample(list(pool), len(pool))
    groups: dict[str, list[Example]] = {}
    for example in shuffled:
        groups.setdefault(example.kind or example.expected, []).append(example)
    dealt = [
        example
        for rank in range(len(pool))
        for group in groups.values()
        for example in group[rank : rank + 1]
    ]
    return rng.sample(dealt[:count], count)


def _draft(material: Material, shown: Sequence[Demonstration]) -> Draft:
    prompt = Prompt(material.parent.prompt.text, tuple(shown))
    return Draft(prompt, material.parent.mutation_prompt)
