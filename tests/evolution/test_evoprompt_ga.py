from collections import Counter

from tinyarms.evolution.evoprompt_ga import EvoPromptGA

from .world import PATTERN, World, problem, quality

GIVEN = problem(PATTERN, search=90, calls=800)


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


def test_a_child_has_two_parents_that_differ() -> None:
    search = EvoPromptGA(GIVEN)
    World(GIVEN).run(search)
    tried = [p for p in search.outcome.proposals if p.operator == "cross_and_mutate"]
    assert tried
    assert all(len(set(proposal.parents)) == 2 for proposal in tried)


def test_the_fitter_are_parents_more_often() -> None:
    times: Counter[bool] = Counter()
    for seed in range(3):
        given = problem(PATTERN, search=90, calls=800, seed=seed)
        search = EvoPromptGA(given)
        World(given).run(search)
        known = {c.id: c for c in search.outcome.candidates}
        for proposal in search.outcome.proposals:
            if proposal.operator == "cross_and_mutate":
                for parent in proposal.parents:
                    times[quality(known[parent].prompt) > 0.45] += 1
    assert times[True] > times[False]


def test_one_prompt_alone_cannot_be_crossed() -> None:
    given = problem(PATTERN, calls=22, selection=1)
    search = EvoPromptGA(given)
    World(given).run(search)
    assert not [p for p in search.outcome.proposals if p.operator == "cross_and_mutate"]
