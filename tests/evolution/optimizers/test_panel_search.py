import pytest

from tests.evolution.world import FRAME, LABELS, PATTERN, World, nothing, problem
from tinyarms.core.settings import Evolution
from tinyarms.evolution.optimizers.evoprompt_ga import EvoPromptGA
from tinyarms.evolution.optimizers.opro import OPRO
from tinyarms.evolution.protocol import Evaluate
from tinyarms.skills.prompt import Prompt


@pytest.mark.slow
def test_all_are_scored_on_the_same_examples() -> None:
    given = problem(PATTERN, search=90, calls=600)
    search = EvoPromptGA(given)
    world = World(given).run(search)
    met: dict[str, list[str]] = {}
    for request in world.requests:
        if isinstance(request, Evaluate) and not request.selection:
            met.setdefault(request.candidate.id, []).append(request.example.id)
    assert len(met) == len(search.outcome.candidates) > 20
    assert len({tuple(ids) for ids in met.values()}) == 1


def test_a_larger_budget_has_a_larger_panel() -> None:
    panels = [OPRO(problem(search=90, calls=calls)).panel for calls in (50, 400, 1000, 9000)]
    assert panels == [10, 10, 28, 50]
    assert OPRO(problem(search=4)).panel == 4


@pytest.mark.slow
def test_demonstrations_are_kept_as_they_are() -> None:
    given = problem(PATTERN)
    search = OPRO(given)
    World(given).run(search)
    assert len(search.outcome.candidates) > 10
    assert {c.prompt.demonstrations for c in search.outcome.candidates} == {()}


@pytest.mark.slow
def test_prompts_written_by_hand_are_in_the_first_population() -> None:
    manual = tuple(Prompt(f"{text}\n\n{FRAME}") for text in ("Guess.", "Classify it.", "Read it."))
    given = problem(PATTERN, manual=manual)
    search = EvoPromptGA(given)
    World(given).run(search)
    first = [c.prompt for c in search.outcome.candidates if c.generation == 0]
    assert first[1:4] == list(manual)
    assert len(first) == search.size


@pytest.mark.slow
def test_calibration_is_a_candidate_but_no_parent() -> None:
    given = problem(LABELS)
    search = EvoPromptGA(given)
    World(given).run(search)
    calibration = next(c for c in search.outcome.candidates if c.operator == "calibration")
    assert search.outcome.fitness[calibration.id][1] == search.panel
    assert all(calibration.id not in p.parents for p in search.outcome.proposals)
    off = problem(LABELS, settings=Evolution(label_calibration=False))
    plain = EvoPromptGA(off)
    World(off).run(plain)
    assert "calibration" not in {c.operator for c in plain.outcome.candidates}
    assert all(not f.prompt.calibration for f in plain.outcome.finalists)


@pytest.mark.slow
def test_a_writer_with_no_more_to_say_ends_it_before_the_budget() -> None:
    given = problem(PATTERN, calls=900)
    for kind in (OPRO, EvoPromptGA):
        search = kind(given)
        world = World(given, write=nothing).run(search)
        generations = {c.generation for c in search.outcome.candidates}
        assert generations == {0}
        assert world.calls < given.calls
        assert search.outcome.incumbent is not None
