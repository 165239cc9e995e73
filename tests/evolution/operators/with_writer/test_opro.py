import random

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.with_writer.opro import GoOnFromScores

WORST = candidate("Say how it\n  feels.", name="worst")
BEST = candidate("Classify the review.", name="best")


def test_the_writer_goes_on_from_scored_instructions() -> None:
    operator = GoOnFromScores([(WORST, 0.404), (BEST, 0.616)])
    operator_input = OperatorInput(problem(), BEST, BEST, (), random.Random(0))
    draft, (request,) = work(operator, operator_input, ' "Label the review." ')
    assert request.completion == (
        "Task: Classify film reviews by the feeling of their writer.\n\n"
        "Score: 40\nInstruction: Say how it feels.\n\n"
        "Score: 62\nInstruction: Classify the review.\n\n"
        "Score: 100\nInstruction:"
    )
    assert request.stop == ("\n",)
    assert draft is not None
    assert draft.prompt.text == f"Label the review.\n\n{FRAME}"
    assert draft.sources == ("worst",)


def test_each_place_in_the_search_has_its_own_seed() -> None:
    operator = GoOnFromScores([(BEST, 0.6)])
    seeds = set()
    for slot in range(5):
        operator_input = OperatorInput(problem(), BEST, BEST, (), random.Random(slot))
        _, (request,) = work(operator, operator_input, "Label it.")
        seeds.add(request.seed)
    assert len(seeds) == 5
