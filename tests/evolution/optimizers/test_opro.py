import re

import pytest

from tests.evolution.world import PATTERN, World, problem, quality
from tinyarms.core.settings import Evolution
from tinyarms.evolution.optimizers.opro import OPRO
from tinyarms.evolution.protocol import Write

GIVEN = problem(PATTERN, search=90, calls=600, settings=Evolution(input_words=False))


def metaprompts(world: World) -> list[str]:
    return [
        request.request.completion or ""
        for request in world.requests
        if isinstance(request, Write) and request.operator == "go_on_from_scores"
    ]


@pytest.mark.slow
def test_it_goes_on_from_the_best_in_ascending_order() -> None:
    search = OPRO(GIVEN)
    world = World(GIVEN).run(search)
    asked = metaprompts(world)
    scores = [[int(score) for score in re.findall(r"Score: (\d+)", ask)] for ask in asked]
    assert all(shown == sorted(shown) and shown[-1] == 100 for shown in scores)
    assert max(map(len, scores)) == 8 + 1
    lowest = [shown[0] for shown in scores if len(shown) == 9]
    assert lowest == sorted(lowest)  # the best of all that were ever scored


@pytest.mark.slow
def test_the_meta_prompt_is_the_same_throughout_a_step() -> None:
    search = OPRO(GIVEN)
    asked = metaprompts(World(GIVEN).run(search))
    steps = [asked[start : start + 8] for start in range(0, len(asked), 8)]
    assert len(steps) > 2
    assert all(len(set(step)) == 1 for step in steps)
    assert len({step[0] for step in steps}) == len(steps)


@pytest.mark.slow
def test_its_children_come_from_the_best_shown() -> None:
    search = OPRO(GIVEN)
    World(GIVEN).run(search)
    written = [c for c in search.outcome.candidates if c.operator == "go_on_from_scores"]
    assert written
    assert {c.generation for c in written} >= {1, 2}
    known = {c.id: c for c in search.outcome.candidates}
    better = [quality(known[c.parents[0]].prompt) > quality(GIVEN.incumbent) for c in written]
    assert any(better)
