import pytest

from tests.evolution.world import PATTERN, World, problem
from tinyarms.evolution.optimizers.evoprompt_de import EvoPromptDE

GIVEN = problem(PATTERN, search=90, calls=800)


def ran() -> EvoPromptDE:
    search = EvoPromptDE(GIVEN)
    World(GIVEN).run(search)
    return search


@pytest.mark.slow
def test_a_child_takes_its_members_place_if_it_is_better() -> None:
    search = ran()
    known = {c.id: c for c in search.outcome.candidates}
    children = [c for c in search.outcome.candidates if c.operator == "mutate_difference"]
    assert children
    won = [c for c in children if search.fitness(c) > search.fitness(known[c.parents[0]])]
    lost = [c for c in children if c not in won]
    assert won and lost
    assert not set(map(id, lost)) & set(map(id, search.population))
    beaten = {c.parents[0] for c in won}
    assert not beaten & {c.id for c in search.population}


@pytest.mark.slow
def test_the_population_keeps_its_size() -> None:
    search = ran()
    first = [c for c in search.outcome.candidates if c.generation == 0]
    assert len(search.population) == len(first) <= 10


@pytest.mark.slow
def test_the_first_parent_is_the_member_and_the_second_the_best_of_the_generation() -> None:
    search = ran()
    tried = [p for p in search.outcome.proposals if p.operator == "mutate_difference"]
    best = max((c for c in search.outcome.candidates if c.generation == 0), key=search.fitness)
    first = tried[: len(search.population)]
    assert all(best.id in proposal.parents for proposal in first)
