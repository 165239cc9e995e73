import random

import pytest

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.operators.base import Operator, OperatorInput
from tinyarms.evolution.operators.with_writer.completion import MUTATION_PROMPTS
from tinyarms.evolution.operators.with_writer.hypermutation import FirstOrderHyper, ZeroOrderHyper

PARENT = candidate("Say how the writer feels.", mutation_prompt="Shorter")
OPERATORS = (ZeroOrderHyper(), FirstOrderHyper())


def operator_input(mutation_prompt: str = "Shorter", seed: int = 0) -> OperatorInput:
    parent = candidate("Say how the writer feels.", mutation_prompt=mutation_prompt)
    return OperatorInput(problem(), parent, parent, (), random.Random(seed))


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_the_new_mutation_prompt_is_applied_at_once(operator: Operator) -> None:
    draft, (first, second) = work(
        operator, operator_input(), ' "For a poet:" ', "Find the feeling."
    )
    assert draft is not None
    assert draft.prompt.text == f"Find the feeling.\n\n{FRAME}"
    assert draft.mutation_prompt == "For a poet"
    assert str(second.completion).endswith("Say how the writer feels.\nFor a poet:")
    assert str(second.completion).count("\nFor a poet:") == 4
    assert first.seed != second.seed
    assert len(str(first.completion).split("\n\n")) == 4


def test_zero_order_knows_the_description_only() -> None:
    _, (request, _) = work(ZeroOrderHyper(), operator_input(), "For a poet", "Find it.")
    assert str(request.completion).endswith(f"\n\nTask: {problem().description}\nManner:")
    assert "Shorter" not in str(request.completion)


def test_first_order_knows_the_parents_mutation_prompt_only() -> None:
    _, (request, _) = work(FirstOrderHyper(), operator_input(), "For a poet", "Find it.")
    assert str(request.completion).endswith("\n\nManner: Shorter\nBetter:")
    assert problem().description not in str(request.completion)


def test_first_order_draws_one_where_the_parent_has_none() -> None:
    drawn = set()
    for seed in range(40):
        _, (request, _) = work(
            FirstOrderHyper(), operator_input("", seed), "For a poet", "Find it."
        )
        drawn.add(str(request.completion).splitlines()[-2].removeprefix("Manner: "))
    assert drawn == set(MUTATION_PROMPTS)


@pytest.mark.parametrize("said", ["", " : ", "one two three four five six seven eight nine ten 11"])
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_a_manner_of_no_use_ends_in_an_empty_instruction(operator: Operator, said: str) -> None:
    draft, asked = work(operator, operator_input(), said)
    assert len(asked) == 1
    assert draft is not None
    assert draft.prompt.text == FRAME  # for the guard `empty` to reject
