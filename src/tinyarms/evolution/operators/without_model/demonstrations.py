"""Operators on demonstrations, without a model: choose, swap, drop, reorder, cross."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.contract import Contract, Labels
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt

FEW = 4
"""More demonstrations than this cost more than they bring with a tiny model, unless there are more
labels to show."""
_MOST = 16
"""However many labels there are."""
LONGEST = 1000
"""Characters of inputs and output; longer ones cost every call more time than they are worth."""
_EASIEST = 0.1
"""How likely an example without any difficulty is drawn, against 1.1 for the hardest."""
_SHORTLIST = 6


class ChooseDemonstrations:
    """A fresh set, chosen for diversity and difficulty."""

    name = "choose_demonstrations"

    def __call__(self, material: Material) -> Writing:
        count = material.rng.choice(set_sizes(material.problem.contract))
        pool = _short(material.demonstration_pool, count)
        if len(pool) < count:
            count = min(count, FEW)
            pool = _short(material.demonstration_pool, count)
        if len(pool) < 2:
            return None
        count = min(count, len(pool))
        chosen = diverse(pool, count, material.rng, material.difficulty)
        return _draft(material, [demonstration(example) for example in chosen])
        yield  # an operator is a generator, even one that asks nothing


class ChangeDemonstrations:
    """Add, swap, drop or reorder one demonstration of a set."""

    name = "change_demonstrations"

    def __call__(self, material: Material) -> Writing:
        rng, shown = material.rng, list(material.parent.prompt.demonstrations)
        most = max(set_sizes(material.problem.contract))
        pool = [e for e in _short(material.demonstration_pool) if demonstration(e) not in shown]
        fresh = [demonstration(e) for e in diverse(pool, 1, rng, material.difficulty)]
        edits = [
            *(["add"] if fresh and len(shown) < most else []),
            *(["swap"] if fresh and shown else []),
            *(["drop"] if shown else []),
            *(["reorder"] if len(shown) > 1 else []),
        ]
        if not edits:
            return None
        edit = rng.choice(edits)
        if edit == "add":
            shown.insert(rng.randint(0, len(shown)), fresh[0])
        elif edit == "swap":
            shown[rng.randrange(len(shown))] = fresh[0]
        elif edit == "drop":
            shown.pop(rng.randrange(len(shown)))
        else:
            rng.shuffle(shown)
        return _draft(material, shown)
        yield  # an operator is a generator, even one that asks nothing


class BalanceDemonstrations:
    """The label that the parent gives too seldom is shown last, where a model looks most.

    Recency bias as in Zhao et al. 2021 (arXiv 2102.09690), here put to use against another bias.
    """

    name = "balance_demonstrations"

    def __call__(self, material: Material) -> Writing:
        if not material.leaning:
            return None
        rng, shown = material.rng, list(material.parent.prompt.demonstrations)
        most = max(set_sizes(material.problem.contract))
        seldom = min(material.leaning, key=lambda label: material.leaning[label])
        pool = [e for e in _short(material.demonstration_pool) if e.expected == seldom]
        fresh = [d for d in map(demonstration, pool) if d not in shown]
        own = [d for d in shown[:-1] if d.output == seldom]
        edits = [
            *(["move"] if own else []),
            *(["swap"] if fresh and shown else []),
            *(["add"] if fresh and len(shown) < most else []),
        ]
        if not edits:
            return None
        edit = rng.choice(edits)
        if edit == "move":
            last = rng.choice(own)
            shown.remove(last)
        else:
            last = rng.choice(fresh)
            shown = shown[:-1] if edit == "swap" else shown
        return _draft(material, [*shown, last])
        yield  # an operator is a generator, even one that asks nothing


class CrossDemonstrations:
    """The instruction of one with the demonstrations of the other.

    Each is found on its own; together they keep about half of what the two bring apart. Unlike the
    writer's crossover it is never left out by a mutation weight.
    """

    name = "cross_demonstrations"

    def __call__(self, material: Material) -> Writing:
        one, other = material.parent.prompt, material.mate.prompt
        known = [material.problem.incumbent, *(c.prompt for c in material.ranked), one, other]
        crossed = [
            Prompt(text, shown)
            for text, shown in (
                (one.text, other.demonstrations),
                (other.text, one.demonstrations),
            )
            if not any((p.text, p.demonstrations) == (text, shown) for p in known)
        ]
        if not crossed:
            return None
        return Draft(material.rng.choice(crossed), material.parent.mutation_prompt, crossed=True)
        yield  # an operator is a generator, even one that asks nothing


def set_sizes(contract: Contract) -> tuple[int, ...]:
    """How many demonstrations a fresh set has, each as likely as the others.

    One is best on some tasks and four on others. Where there are more labels than that, a tiny
    model needs to see each of them, better twice.
    """
    labels = len(contract.labels) if isinstance(contract, Labels) else 0
    if labels <= FEW:
        return (1, 2, 3, FEW, FEW)
    once, twice = min(labels, _MOST), min(2 * labels, _MOST)
    return (FEW, once, twice, twice, twice)


def _short(pool: Sequence[Example], count: int = FEW) -> list[Example]:
    """Those of which so many are not too long for one prompt."""
    longest = LONGEST * FEW // max(FEW, count)
    return [e for e in pool if len(_text(e)) + len(e.expected) <= longest]


def demonstration(example: Example) -> Demonstration:
    """An example as a worked turn."""
    return Demonstration(dict(example.inputs), example.expected)


def diverse(
    pool: Sequence[Example],
    count: int,
    rng: random.Random,
    difficulty: Mapping[str, float] | None = None,
) -> list[Example]:
    """`count` examples in random order, as different as possible, hard ones more often.

    In turn from the expected outputs that there are fewest of so far, and of these from the kinds
    that there are fewest of; of the next few in these the one that is least like those chosen. The
    order in which they are looked at is drawn with `difficulty` (example id → [0, 1]; unknown: as
    the mean of the known) as weight, after Efraimidis & Spirakis 2006. Drawn, because the hardest
    may be mislabelled.
    """
    known = difficulty or {}
    tried = [known[example.id] for example in pool if example.id in known]
    usual = sum(tried) / len(tried) if tried else 0.0

    def place(example: Example) -> float:
        weight: float = _EASIEST + known.get(example.id, usual)
        return float(rng.random() ** (1 / weight))

    left = sorted(pool, key=place, reverse=True)
    chosen: list[Example] = []
    while left and len(chosen) < count:
        answers = Counter(example.expected for example in chosen)
        kinds = Counter(example.kind for example in chosen)
        taken = [(answers[example.expected], kinds[example.kind]) for example in left]
        fewest = min(taken)
        open_ = [e for e, so_far in zip(left, taken, strict=True) if so_far == fewest][:_SHORTLIST]
        best = min(open_, key=lambda example: _likeness(example, chosen))
        left.remove(best)
        chosen.append(best)
    return rng.sample(chosen, len(chosen))


def _likeness(example: Example, chosen: Sequence[Example]) -> float:
    return max((float(fuzz.ratio(_text(example), _text(e))) for e in chosen), default=0.0)


def _text(example: Example) -> str:
    return " ".join(example.inputs.values())


def _draft(material: Material, shown: Sequence[Demonstration]) -> Draft:
    prompt = Prompt(material.parent.prompt.text, tuple(shown))
    return Draft(prompt, material.parent.mutation_prompt)
