import random

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.with_writer.evoprompt import CrossAndMutate, MutateDifference
from tinyarms.skills.execution import ModelRequest

MEMBER = candidate("Say how the writer feels.", name="member")
BEST = candidate("Classify the review.", name="best")
ONE = candidate("Be brief. Find the feeling.", name="one")
OTHER = candidate("Be brief. Look at every word.", name="other")


def operator_input(parent: Candidate = MEMBER, second_parent: Candidate = BEST) -> OperatorInput:
    return OperatorInput(problem(), parent, second_parent, (), random.Random(0))


def asked(request: ModelRequest) -> list[str]:
    """The texts of the last block, which the writer is to go on with."""
    assert request.completion is not None
    lines = request.completion.rsplit("\n\n", 1)[1].splitlines()
    return [line.split(": ", 1)[1] for line in lines[:-1]]


def test_ga_crosses_and_then_mutates() -> None:
    draft, requests = work(
        CrossAndMutate(), operator_input(), "Both in one.", "Another way to say it."
    )
    assert [asked(request) for request in requests] == [
        ["Say how the writer feels.", "Classify the review."],
        ["Both in one."],
    ]
    assert draft is not None
    assert draft.prompt.text == f"Another way to say it.\n\n{FRAME}"
    assert draft.crossed
    assert draft.mutation_prompt == ""


def test_ga_needs_two_parents() -> None:
    assert work(CrossAndMutate(), operator_input(second_parent=MEMBER)) == (None, [])


def test_de_mutates_what_differs_and_brings_it_to_the_best_and_to_the_member() -> None:
    operator = MutateDifference((ONE, OTHER))
    draft, requests = work(
        operator, operator_input(), "Read each word.", "Better.", "Best of both."
    )
    assert [asked(request) for request in requests] == [
        ["Look at every word."],
        ["Classify the review.", "Read each word."],
        ["Say how the writer feels.", "Better."],
    ]
    assert draft is not None
    assert draft.prompt.text == f"Best of both.\n\n{FRAME}"
    assert draft.crossed
    assert draft.sources == ("one", "other")


def test_de_without_a_difference_mutates_the_whole() -> None:
    operator = MutateDifference((ONE, ONE))
    _, requests = work(operator, operator_input(), "Shorter.", "Better.", "Best.")
    assert asked(requests[0]) == ["Be brief. Find the feeling."]


def test_de_on_the_best_member_has_nothing_to_cross_it_with() -> None:
    operator = MutateDifference((ONE, OTHER))
    draft, requests = work(operator, operator_input(BEST, BEST), "Read each word.", "Better.")
    assert len(requests) == 2
    assert draft is not None
    assert draft.prompt.text == f"Better.\n\n{FRAME}"


def test_a_writer_that_falls_silent_leaves_an_empty_instruction_to_the_guards() -> None:
    for operator in (CrossAndMutate(), MutateDifference((ONE, OTHER))):
        draft, _ = work(operator, operator_input(), "")
        assert draft is not None
        assert draft.prompt.text == FRAME
