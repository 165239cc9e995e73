"""The five operators match the templates of the original design exactly."""

import random
from dataclasses import replace
from textwrap import dedent

import pytest

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.operators.base import Operator, OperatorInput
from tinyarms.evolution.operators.with_writer.original import (
    FIRST_MUTATION_PROMPT,
    Crossover,
    Direct,
    FirstOrder,
    Hypermutation,
    ZeroOrder,
)
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Message, ModelRequest

DIRECT = dedent("""\
    Current prompt: {prompt}

    Recent failures:
    {failure_examples}

    Task: Generate an improved prompt that fixes these failures.
    Make it more specific and structured.

    New prompt:""")
FIRST_ORDER = dedent("""\
    Current prompt: {prompt}
    Success rate: {accuracy}%

    Refine this prompt to improve clarity and task alignment.
    Keep the core idea but add structure or examples.

    Refined prompt:""")
CROSSOVER = dedent("""\
    Prompt A: {prompt_a}
    Prompt B: {prompt_b}

    Combine the best elements of both prompts into one.

    Combined prompt:""")
ZERO_ORDER = dedent("""\
    Task: {skill_description}

    Generate a fresh prompt for this task from scratch.
    Ignore previous prompts.

    New prompt:""")
HYPERMUTATION = dedent("""\
    Current mutation strategy: {mutation_prompt}

    Improve this mutation strategy to generate better prompt variants.

    Improved strategy:""")

STRATEGY = "Make the prompt clearer"
PARENT = candidate("Say how the writer feels.", mutation_prompt=STRATEGY)
SECOND_PARENT = candidate("Look at every word.", name="second_parent")
FAILURES = [
    Example("a", {"text": "A dull\nfilm."}, "negative", "search"),
    Example("b", {"text": "Braces {like} these {{stay}}."}, "positive", "search"),
]
LINES = "- A dull film. → negative\n- Braces {like} these {{stay}}. → positive"
OPERATORS = (Direct(FAILURES), FirstOrder(0.8), Crossover(), ZeroOrder(), Hypermutation(FAILURES))


def operator_input(mutation_prompt: str = STRATEGY) -> OperatorInput:
    parent = replace(PARENT, mutation_prompt=mutation_prompt)
    return OperatorInput(problem(), parent, SECOND_PARENT, (), random.Random(1))


def said(request: ModelRequest) -> str:
    """The whole request: one chat turn of the user."""
    assert request.completion is None
    (message,) = request.messages
    assert message == Message("user", message.content)
    return message.content


def test_direct() -> None:
    asked = DIRECT.replace("{prompt}", "Say how the writer feels.")
    asked = asked.replace("{failure_examples}", LINES)
    draft, (request,) = work(Direct(FAILURES), operator_input(""), " Find it. ")
    assert said(request) == asked
    assert draft is not None
    assert draft.prompt.text == f"Find it.\n\n{FRAME}"
    assert (draft.mutation_prompt, draft.crossed) == (FIRST_MUTATION_PROMPT, False)


def test_direct_follows_an_evolved_mutation_prompt() -> None:
    draft, (request,) = work(Direct(FAILURES), operator_input(), "Find it.")
    assert f"\n\nTask: {STRATEGY}\n\nNew prompt:" in said(request)
    assert "Generate an improved prompt" not in said(request)
    assert draft is not None and draft.mutation_prompt == STRATEGY


def test_direct_shows_the_twenty_newest_failures_in_short() -> None:
    many = [Example(str(i), {"text": f"{i} " + "x" * 500}, "e", "search") for i in range(30)]
    _, (request,) = work(Direct(many), operator_input(), "Find it.")
    lines = [line for line in said(request).splitlines() if line.startswith("- ")]
    assert [line.split()[1] for line in lines] == [str(i) for i in range(20)]
    assert max(map(len, lines)) < 200


def test_first_order() -> None:
    draft, (request,) = work(FirstOrder(0.785), operator_input(), "Find it.")
    asked = FIRST_ORDER.replace("{prompt}", "Say how the writer feels.")
    assert said(request) in {asked.replace("{accuracy}", n) for n in ("78", "79")}
    assert draft is not None and (draft.mutation_prompt, draft.crossed) == (STRATEGY, False)


def test_crossover() -> None:
    draft, (request,) = work(Crossover(), operator_input(), "Find it in every word.")
    asked = CROSSOVER.replace("{prompt_a}", "Say how the writer feels.")
    assert said(request) == asked.replace("{prompt_b}", "Look at every word.")
    assert draft is not None and (draft.mutation_prompt, draft.crossed) == (STRATEGY, True)


def test_zero_order() -> None:
    draft, (request,) = work(ZeroOrder(), operator_input(), "Find it.")
    assert said(request) == ZERO_ORDER.replace("{skill_description}", problem().description)
    assert draft is not None
    assert (draft.mutation_prompt, draft.crossed) == (FIRST_MUTATION_PROMPT, False)


def test_hypermutation_applies_the_new_strategy_at_once() -> None:
    draft, (first, second) = work(
        Hypermutation(FAILURES), operator_input(), " Add examples \n", "Find."
    )
    assert said(first) == HYPERMUTATION.replace("{mutation_prompt}", STRATEGY)
    assert "\n\nTask: Add examples\n\nNew prompt:" in said(second)
    assert first.seed != second.seed
    assert draft is not None
    assert draft.prompt.text == f"Find.\n\n{FRAME}"
    assert draft.mutation_prompt == "Add examples"


def test_hypermutation_without_text_keeps_the_strategy() -> None:
    draft, (_, second) = work(Hypermutation(FAILURES), operator_input(), " \n", "Find it.")
    assert f"\n\nTask: {STRATEGY}\n\n" in said(second)
    assert draft is not None and draft.mutation_prompt == STRATEGY


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_no_text_leaves_no_instruction(operator: Operator) -> None:
    texts = ("", "") if operator.name == "hypermutation" else ("",)
    draft, _ = work(operator, operator_input(), *texts)
    assert draft is not None and draft.prompt.text == FRAME  # for the guard `empty` to reject
