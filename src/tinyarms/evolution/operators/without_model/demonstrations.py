"""Operators that change the demonstrations, without a model."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from tinyarms.evolution.candidate import Draft, same_but_calibration, uncalibrated
from tinyarms.evolution.constants import (
    DIVERSITY_SHORTLIST,
    EASIEST_WEIGHT,
    FEW_DEMONSTRATIONS,
    MAX_DEMONSTRATION_CHARACTERS,
    MAX_DEMONSTRATIONS,
)
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator
from tinyarms.skills.contract import Contract
from tinyarms.skills.example import Example
from tinyarms.skills.picture import in_words
from tinyarms.skills.prompt import Demonstration


class ChooseDemonstrations(PlainOperator):
    """Choose a new set for diversity and difficulty."""

    name = "choose_demonstrations"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        count = inputs.rng.choice(set_sizes(inputs.problem.contract))
        pool = _short(inputs.demonstration_pool, count)
        if len(pool) < count:
            count = min(count, FEW_DEMONSTRATIONS)
            pool = _short(inputs.demonstration_pool, count)
        if len(pool) < 2:
            return None
        count = min(count, len(pool))
        chosen = diverse(pool, count, inputs.rng, inputs.difficulty)
        return _draft(_without_retrieved(inputs), [demonstration(e) for e in chosen])


class ChangeDemonstrations(PlainOperator):
    """Add, swap, drop or reorder one demonstration of a set."""

    name = "change_demonstrations"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        rng, chosen = inputs.rng, list(inputs.parent.prompt.demonstrations)
        most = max(set_sizes(inputs.problem.contract))
        pool = [e for e in _short(inputs.demonstration_pool) if demonstration(e) not in chosen]
        unused = [demonstration(e) for e in diverse(pool, 1, rng, inputs.difficulty)]
        edits = [
            *(["add"] if unused and len(chosen) < most else []),
            *(["swap"] if unused and chosen else []),
            *(["drop"] if chosen else []),
            *(["reorder"] if len(chosen) > 1 else []),
        ]
        if not edits:
            return None
        edit = rng.choice(edits)
        if edit == "add":
            chosen.insert(rng.randint(0, len(chosen)), unused[0])
        elif edit == "swap":
            chosen[rng.randrange(len(chosen))] = unused[0]
        elif edit == "drop":
            chosen.pop(rng.randrange(len(chosen)))
        else:
            rng.shuffle(chosen)
        return _draft(inputs, chosen)


class BalanceDemonstrations(PlainOperator):
    """Put a demonstration of the label that the parent gives too seldom last, where it weighs most.

    This uses recency bias (Zhao et al. 2021, arXiv 2102.09690) against label bias.
    """

    name = "balance_demonstrations"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        if not inputs.label_bias:
            return None
        rng, chosen = inputs.rng, list(inputs.parent.prompt.demonstrations)
        most = max(set_sizes(inputs.problem.contract))
        seldom = min(inputs.label_bias, key=lambda label: inputs.label_bias[label])
        pool = [e for e in _short(inputs.demonstration_pool) if e.expected == seldom]
        unused = [d for d in map(demonstration, pool) if d not in chosen]
        own = [d for d in chosen[:-1] if d.output == seldom]
        edits = [
            *(["move"] if own else []),
            *(["swap"] if unused and chosen else []),
            *(["add"] if unused and len(chosen) < most else []),
        ]
        if not edits:
            return None
        edit = rng.choice(edits)
        if edit == "move":
            last = rng.choice(own)
            chosen.remove(last)
        else:
            last = rng.choice(unused)
            chosen = chosen[:-1] if edit == "swap" else chosen
        return _draft(inputs, [*chosen, last])


class CrossDemonstrations(PlainOperator):
    """Combine the instruction of one parent with the demonstrations of the other.

    Both were found separately; combined they keep about half of the sum of their gains. Unlike the
    writer's crossover, this operator has no mutation weight that turns it off.
    """

    name = "cross_demonstrations"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        one, other = inputs.parent.prompt, inputs.second_parent.prompt
        existing = [inputs.problem.incumbent, *(c.prompt for c in inputs.ranked), one, other]
        both = [uncalibrated(other, text=one.text), uncalibrated(one, text=other.text)]
        crossed = [p for p in both if not any(same_but_calibration(p, e) for e in existing)]
        if not crossed:
            return None
        return Draft(inputs.rng.choice(crossed), inputs.parent.mutation_prompt, crossed=True)


def _without_retrieved(inputs: OperatorInput) -> OperatorInput:
    """The same input, with a parent that retrieves no demonstrations."""
    parent = inputs.parent
    retrieve = parent.prompt.retrieve
    if retrieve is None:
        return inputs
    prompt = replace(parent.prompt, retrieve=replace(retrieve, demonstrations=0))
    return replace(inputs, parent=replace(parent, prompt=prompt))


def set_sizes(contract: Contract) -> tuple[int, ...]:
    """Possible sizes of a new set, all equally likely.

    One demonstration is best on some tasks and four on others. Where there are more than four
    labels, a tiny model needs to see each of them once, or better twice.
    """
    labels = len(contract.labels)
    if labels <= FEW_DEMONSTRATIONS:
        return (1, 2, 3, FEW_DEMONSTRATIONS, FEW_DEMONSTRATIONS)
    once, twice = min(labels, MAX_DEMONSTRATIONS), min(2 * labels, MAX_DEMONSTRATIONS)
    return (FEW_DEMONSTRATIONS, once, twice, twice, twice)


def _short(pool: Sequence[Example], count: int = FEW_DEMONSTRATIONS) -> list[Example]:
    """The examples short enough for a prompt with `count` of them."""
    longest = MAX_DEMONSTRATION_CHARACTERS * FEW_DEMONSTRATIONS // max(FEW_DEMONSTRATIONS, count)
    return [e for e in pool if len(_text(e)) + len(e.expected) <= longest]


def demonstration(example: Example) -> Demonstration:
    """The example as a demonstration."""
    return Demonstration(dict(example.inputs), example.expected)


def diverse(
    pool: Sequence[Example],
    count: int,
    rng: random.Random,
    difficulty: Mapping[str, float] | None = None,
) -> list[Example]:
    """Choose `count` examples, as different as possible, and return them in random order.

    Each step picks among the examples whose expected output, and then whose kind, has been chosen
    least often, and takes the one of the next few that is least like those chosen. The order of
    the pool is a weighted draw without replacement (Efraimidis & Spirakis 2006), so that hard
    examples come first more often but not always: the hardest may be mislabelled.

    `difficulty`: example id → difficulty in [0, 1]; other examples count as average.
    """
    difficulties = difficulty or {}
    tried = [difficulties[example.id] for example in pool if example.id in difficulties]
    average = sum(tried) / len(tried) if tried else 0.0

    def sort_key(example: Example) -> float:
        weight: float = EASIEST_WEIGHT + difficulties.get(example.id, average)
        return float(rng.random() ** (1 / weight))

    left = sorted(pool, key=sort_key, reverse=True)
    chosen: list[Example] = []
    while left and len(chosen) < count:
        answers = Counter(example.expected for example in chosen)
        kinds = Counter(example.kind for example in chosen)
        counts = [(answers[example.expected], kinds[example.kind]) for example in left]
        fewest = min(counts)
        eligible = [e for e, count_pair in zip(left, counts, strict=True) if count_pair == fewest]
        shortlist = eligible[:DIVERSITY_SHORTLIST]
        best = min(shortlist, key=lambda example: _similarity(example, chosen))
        left.remove(best)
        chosen.append(best)
    return rng.sample(chosen, len(chosen))


def _similarity(example: Example, chosen: Sequence[Example]) -> float:
    return max((float(fuzz.ratio(_text(example), _text(e))) for e in chosen), default=0.0)


def _text(example: Example) -> str:
    return " ".join(map(in_words, example.inputs.values()))


def _draft(inputs: OperatorInput, demonstrations: Sequence[Demonstration]) -> Draft:
    prompt = uncalibrated(inputs.parent.prompt, demonstrations=tuple(demonstrations))
    return Draft(prompt, inputs.parent.mutation_prompt)
