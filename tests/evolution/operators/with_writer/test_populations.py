import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.base import Operator, OperatorInput
from tinyarms.evolution.operators.with_writer.populations import EDA, EDARank, Lineage
from tinyarms.skills.prompt import Prompt

SAID = (
    "Guess the mood.",
    "Say how the\n  writer feels.",
    "Label the review as good or bad.",
    "Would the reviewer see this film again?",
    "Read all of it, then decide whether it praises or complains.",
    "Praise or complaint?",
)
RANKED = tuple(candidate(text, name=f"c{place}") for place, text in enumerate(SAID))
PARENT = replace(RANKED[5], mutation_prompt="Shorter")
OPERATORS = (EDA(), EDARank(), Lineage())


def operator_input(candidates: Sequence[Candidate] = RANKED, seed: int = 0) -> OperatorInput:
    rng = random.Random(seed)
    return OperatorInput(problem(), PARENT, PARENT, (), rng, ranked=candidates, lineage=candidates)


def listed(
    operator: Operator, candidates: Sequence[Candidate] = RANKED, seed: int = 0
) -> list[str]:
    """The instructions that the writer is shown last, without their numbers."""
    _, (request,) = work(operator, operator_input(candidates, seed), "Find it.")
    heading, *lines = str(request.completion).split("\n\n")[-1].splitlines()
    assert heading.endswith(":")
    assert [line.split()[0] for line in lines] == [f"{n}." for n in range(1, len(lines) + 1)]
    assert lines[-1] == f"{len(lines)}."
    return [line.split(" ", 1)[1] for line in lines[:-1]]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_the_writer_goes_on_with_a_list_after_three_whole_ones(operator: Operator) -> None:
    draft, (request,) = work(operator, operator_input(), ' "Find the feeling." ')
    assert draft is not None
    assert draft.prompt.text == f"Find the feeling.\n\n{FRAME}"
    assert draft.mutation_prompt == "Shorter"
    assert request.stop == ("\n",)
    blocks = str(request.completion).split("\n\n")
    assert len(blocks) == 4
    assert len({block.splitlines()[0] for block in blocks}) == 1


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_all_that_were_shown_are_its_sources(operator: Operator) -> None:
    draft, _ = work(operator, operator_input(), "Find the feeling.")
    assert draft is not None
    ids = {" ".join(text.split()): c.id for text, c in zip(SAID, RANKED, strict=True)}
    assert set(draft.sources) == {ids[text] for text in listed(operator)} - {PARENT.id}
    assert not draft.crossed


@pytest.mark.parametrize("operator", [EDARank(), Lineage()], ids=lambda o: o.name)
def test_the_best_four_ascend(operator: Operator) -> None:
    assert listed(operator) == list(SAID[2:])
    assert listed(operator, RANKED[:2]) == ["Guess the mood.", "Say how the writer feels."]


def test_eda_draws_four_in_any_order() -> None:
    drawn = [listed(EDA(), seed=seed) for seed in range(40)]
    assert all(len(set(each)) == 4 for each in drawn)
    assert len({each[0] for each in drawn}) == len(SAID)
    assert listed(EDA()) == listed(EDA())


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_of_similar_ones_the_better_stays(operator: Operator) -> None:
    near = candidate("Guess the moods.", name="near")
    long = candidate("word " * 200, name="long")
    bare = Candidate("bare", Prompt("Is {{text}} good?"), "incumbent")
    shown = listed(operator, (RANKED[0], RANKED[1], near, long, bare))
    assert sorted(shown) == ["Guess the moods.", "Say how the writer feels."]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_two_different_ones_are_needed(operator: Operator) -> None:
    near = candidate("Guess the mood", name="near")
    for candidates in ((), RANKED[:1], (RANKED[0], near)):
        assert work(operator, operator_input(candidates)) == (None, [])


def test_each_says_what_its_list_is() -> None:
    headings = set()
    for operator in OPERATORS:
        _, (request,) = work(operator, operator_input(), "Find it.")
        headings.add(str(request.completion).splitlines()[0])
    assert len(headings) == 3
