import random
from collections import Counter

import pytest

from tests.evolution.world import PATTERN, World, candidate, problem
from tinyarms.evolution.optimizers.evoprompt_ga import EvoPromptGA, roulette

GIVEN = problem(PATTERN, search=90, calls=800)


@pytest.mark.slow
def test_a_generation_keeps_the_best_of_parents_and_children() -> None:
    search = EvoPromptGA(GIVEN)
    World(GIVEN).run(search)
    search.keep_best()
    living = {c.id for c in search.population}
    assert len(living) == 10
    worst = min(search.fitness(c) for c in search.population)
    dead = [c for c in search.outcome.candidates if c.id not in living]
    assert dead
    assert all(search.fitness(c) <= worst for c in dead)


@pytest.mark.slow
def test_a_child_has_two_parents_that_differ() -> None:
    search = EvoPromptGA(GIVEN)
    World(GIVEN).run(search)
    tried = [p for p in search.outcome.proposals if p.operator == "cross_and_mutate"]
    assert tried
    assert all(len(set(proposal.parents)) == 2 for proposal in tried)


def test_the_wheel_gives_chances_as_the_fitness() -> None:
    some = [candidate(text, name=text) for text in ("One.", "Two.", "Three.")]
    rng = random.Random(0)
    drawn = Counter(roulette(some, [0.1, 0.6, 0.3], rng).id for _ in range(1000))
    assert 60 < drawn["One."] < 140
    assert 550 < drawn["Two."] < 650
    assert set(Counter(roulette(some, [0.0, 0.0, 0.0], rng).id for _ in range(50))) == set(drawn)


def test_one_prompt_alone_cannot_be_crossed() -> None:
    given = problem(PATTERN, calls=22, selection=1)
    search = EvoPromptGA(given)
    World(given).run(search)
    assert not [p for p in search.outcome.proposals if p.operator == "cross_and_mutate"]
