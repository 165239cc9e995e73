from itertools import pairwise

import pytest

from tests.evolution.world import FRAME, LABELS, PATTERN, World, problem, quality
from tinyarms.core.settings import Evolution
from tinyarms.evolution.optimizers.random_search import RandomSearch
from tinyarms.evolution.protocol import Evaluate
from tinyarms.skills.prompt import Prompt

MANUAL = tuple(
    Prompt(f"{text}\n\n{FRAME}")
    for text in (
        "Guess.",
        "What did they think of it?",
        "Classify the whole input as positive or negative; be specific and answer with a label.",
        "Read it.",
        "Tell me about this film and its makers.",
    )
)


@pytest.mark.slow
def test_everything_is_made_of_the_incumbent() -> None:
    given = problem(PATTERN, search=120, calls=900)
    search = RandomSearch(given)
    World(given).run(search)
    starting = ("incumbent", "input_words")
    made = [c for c in search.outcome.candidates if c.operator not in starting]
    assert len(made) > 10
    assert len({c.operator for c in made}) > 3
    assert {c.parents for c in made} == {(search.outcome.candidates[0].id,)}


def test_prompts_written_by_hand_come_first_and_the_best_of_them_is_found() -> None:
    given = problem(PATTERN, search=120, selection=60, calls=120, manual=MANUAL)
    search = RandomSearch(given)
    World(given).run(search)
    operators = [c.operator for c in search.outcome.candidates]
    assert operators == ["incumbent", *["manual"] * 5, "input_words"]
    best = search.outcome.finalists[0].prompt
    assert quality(best) == max(map(quality, MANUAL))


@pytest.mark.slow
def test_the_better_half_meets_twice_the_examples() -> None:
    given = problem(PATTERN, search=200, calls=1000)
    search = RandomSearch(given)
    world = World(given).run(search)
    met: dict[str, int] = {}
    for request in world.requests:
        if isinstance(request, Evaluate) and not request.selection:
            met[request.candidate.id] = met.get(request.candidate.id, 0) + 1
    rounds = sorted(set(met.values()))
    assert rounds[:2] == [10, 20]
    assert len(rounds) > 2
    times = [sum(n >= most for n in met.values()) for most in rounds]
    # the incumbent meets what the others meet, beside those of its round
    assert all(later - 1 <= (earlier - 1) / 2 for earlier, later in pairwise(times))
    others = search.outcome.candidates[1:]
    went_on = [search.board.fitness(c, 10) for c in others if met[c.id] > 10]
    stopped = [search.board.fitness(c, 10) for c in others if met[c.id] == 10]
    assert min(went_on) >= max(stopped)


def test_more_prompts_than_the_budget_holds_leave_enough_for_selection() -> None:
    manual = tuple(Prompt(f"{'Classify it well. ' * n}\n\n{FRAME}") for n in range(1, 31))
    given = problem(PATTERN, search=120, selection=20, calls=150, manual=manual)
    search = RandomSearch(given)
    world = World(given, limit=10**6).run(search)
    raced = [r for r in world.requests if isinstance(r, Evaluate) and not r.selection]
    assert 80 < len(raced) <= 150 - search.selection_calls()
    assert search.outcome.incumbent is not None
    assert search.outcome.incumbent[1] > 5


@pytest.mark.slow
def test_calibration_is_in_the_race_unless_it_is_off() -> None:
    for on in (True, False):
        given = problem(LABELS, calls=300, settings=Evolution(label_calibration=on))
        search = RandomSearch(given)
        World(given).run(search)
        assert ("calibration" in {c.operator for c in search.outcome.candidates}) == on
        assert all(bool(f.prompt.calibration) == on for f in search.outcome.finalists)
