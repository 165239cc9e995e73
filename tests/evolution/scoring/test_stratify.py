import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.evolution.world import PATTERN, problem
from tinyarms.evolution.scoring.stratify import split_demonstrations, stratified_order
from tinyarms.skills.example import Example


def of(groups: str) -> list[Example]:
    return [Example(str(n), {}, group, "search") for n, group in enumerate(groups)]


def answer(example: Example) -> str:
    return example.expected


def test_every_stretch_has_about_as_much_of_each_group_as_the_whole() -> None:
    examples = of("a" * 60 + "b" * 30 + "c" * 10)
    for seed in range(50):
        order = stratified_order(examples, random.Random(seed), answer)
        assert sorted(order, key=lambda e: int(e.id)) == examples
        for start in range(0, 100, 20):
            seen = Counter(e.expected for e in order[start : start + 20])
            assert 10 <= seen["a"] <= 14 and 4 <= seen["b"] <= 8 and 1 <= seen["c"] <= 3


def test_the_order_is_random_within_a_group_and_between_groups() -> None:
    examples = of("ab" * 10)
    orders = [
        [e.id for e in stratified_order(examples, random.Random(seed), answer)]
        for seed in range(40)
    ]
    assert len({tuple(order) for order in orders}) == 40
    assert {order[0] in "02468" for order in orders} == {True, False}


def test_examples_without_a_common_answer_come_in_any_order() -> None:
    examples = of("abcdefgh")
    firsts = Counter(
        stratified_order(examples, random.Random(seed), answer)[0].id for seed in range(400)
    )
    assert len(firsts) == 8 and max(firsts.values()) < 90


def test_pool_and_race_are_apart_and_repeat() -> None:
    given = problem()
    pool, race = split_demonstrations(given)
    assert (pool, race) == split_demonstrations(given)
    assert {e.id for e in pool} | {e.id for e in race} == {e.id for e in given.search}
    assert len(pool) + len(race) == len(given.search)
    assert len(pool) == 18


def test_labels_are_dealt_evenly_whatever_their_kinds() -> None:
    given = problem()
    search = [replace(each, kind=f"kind {n}") for n, each in enumerate(given.search)]
    whole = Counter(each.expected for each in search)
    pool, race = split_demonstrations(replace(given, search=tuple(search)))
    for stretch in (pool, race[:8], race[8:16]):
        seen = Counter(each.expected for each in stretch)
        for label, count in whole.items():
            assert seen[label] == pytest.approx(count * len(stretch) / len(search), abs=1.5)


def test_what_has_no_labels_is_dealt_evenly_by_kind() -> None:
    given = problem(PATTERN)
    search = [
        replace(each, kind="ab"[n % 2], expected=f"{n}") for n, each in enumerate(given.search)
    ]
    _, race = split_demonstrations(replace(given, search=tuple(search)))
    assert Counter(each.kind for each in race[:8]) == {"a": 4, "b": 4}
