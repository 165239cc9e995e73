import random
from dataclasses import replace

import pytest

from tests.evolution.world import FRAME, PATTERN, candidate, problem, work
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.base import Operator, OperatorInput
from tinyarms.evolution.operators.with_writer.completion import (
    MUTATION_PROMPTS,
    STYLES,
    Combine,
    Hypermutate,
    Rewrite,
    WriteAfresh,
    WriteInStyle,
)
from tinyarms.skills.prompt import Demonstration, Prompt

PARENT = candidate("Say how the\n  writer feels.", mutation_prompt="Shorter")
SECOND_PARENT = candidate("Look at every word.", name="second_parent")
OPERATORS = (Rewrite(), Hypermutate(), Combine(), WriteAfresh(), WriteInStyle())


def operator_input(
    parent: Candidate = PARENT, second_parent: Candidate = SECOND_PARENT, seed: int = 0
) -> OperatorInput:
    return OperatorInput(problem(), parent, second_parent, (), random.Random(seed))


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_the_writer_completes_a_line_after_three_worked_ones(operator: Operator) -> None:
    draft, (request,) = work(operator, operator_input(), ' "Find the feeling." ')
    assert draft is not None
    assert draft.prompt.text == f"Find the feeling.\n\n{FRAME}"
    assert request.completion is not None and not request.messages
    assert request.stop == ("\n",)
    assert request.constraint is None
    worked, last = request.completion.rsplit("\n\n", 1)
    assert len(worked.split("\n\n")) == 3
    assert last.endswith(":")
    heads = [[line.split(":")[0] for line in s.splitlines()] for s in worked.split("\n\n")]
    assert all(head == [line.split(":")[0] for line in last.splitlines()] for head in heads)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_demonstrations_stay_and_no_text_leaves_no_instruction(operator: Operator) -> None:
    shown = (Demonstration({"text": "fine"}, "positive"),)
    parent = Candidate("p", Prompt(PARENT.prompt.text, shown), "manual")
    draft, _ = work(operator, operator_input(parent), "")
    assert draft is not None
    assert draft.prompt == Prompt(FRAME, shown)  # for the guard `empty` to reject


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_every_place_in_the_search_asks_for_other_text(operator: Operator) -> None:
    requests = [work(operator, operator_input(seed=seed), "x")[1][0] for seed in (1, 1, 2)]
    assert requests[0] == requests[1]
    assert requests[0].seed != requests[2].seed


def test_rewrite_follows_the_parents_mutation_prompt() -> None:
    draft, (request,) = work(Rewrite(), operator_input(), "Find the feeling.")
    assert draft is not None and (draft.mutation_prompt, draft.crossed) == ("Shorter", False)
    assert str(request.completion).endswith("Instruction: Say how the writer feels.\nShorter:")


def test_rewrite_without_a_mutation_prompt_draws_one_and_keeps_it() -> None:
    drawn = set()
    for seed in range(40):
        draft, (request,) = work(
            Rewrite(), operator_input(SECOND_PARENT, SECOND_PARENT, seed), "Find it."
        )
        assert draft is not None
        assert str(request.completion).endswith(f"\n{draft.mutation_prompt}:")
        drawn.add(draft.mutation_prompt)
    assert drawn == set(MUTATION_PROMPTS)


def test_hypermutate_applies_another_mutation_prompt_at_once() -> None:
    drawn = set()
    for seed in range(40):
        draft, (request,) = work(Hypermutate(), operator_input(seed=seed), "Find it.")
        assert draft is not None
        assert str(request.completion).endswith(f"\n{draft.mutation_prompt}:")
        drawn.add(draft.mutation_prompt)
    assert drawn == set(MUTATION_PROMPTS) - {"Shorter"}


@pytest.mark.parametrize("operator", [Rewrite(), Hypermutate()], ids=lambda o: o.name)
def test_mutation_prompts_that_won_elsewhere_are_drawn_too(operator: Operator) -> None:
    drawn = set()
    for seed in range(60):
        given = replace(
            operator_input(SECOND_PARENT, SECOND_PARENT, seed),
            mutation_prompts=("As a haiku", "Shorter"),
        )
        draft, _ = work(operator, given, "Find it.")
        assert draft is not None
        drawn.add(draft.mutation_prompt)
    assert drawn == {*MUTATION_PROMPTS, "As a haiku"}


def test_combine_shows_both_instructions() -> None:
    draft, (request,) = work(Combine(), operator_input(), "Look at every word, then say it.")
    assert draft is not None and (draft.mutation_prompt, draft.crossed) == ("Shorter", True)
    assert str(request.completion).endswith(
        "First: Say how the writer feels.\nSecond: Look at every word.\nBoth:"
    )


def test_combine_needs_two() -> None:
    assert work(Combine(), operator_input(PARENT, PARENT)) == (None, [])


def test_write_afresh_knows_the_description_only() -> None:
    draft, (request,) = work(WriteAfresh(), operator_input(), "Find the feeling.")
    assert draft is not None and draft.mutation_prompt == ""
    assert "writer feels" not in str(request.completion)
    assert str(request.completion).endswith(f"Task: {problem().description}\nInstruction:")


@pytest.mark.slow
def test_write_in_style_draws_a_style_and_tells_labels() -> None:
    drawn = set()
    for seed in range(60):
        draft, (request,) = work(WriteInStyle(), operator_input(seed=seed), "Find the feeling.")
        assert draft is not None and draft.mutation_prompt == ""
        last = str(request.completion).split("\n\n")[-1].splitlines()
        assert last[:2] == [f"Task: {problem().description}", "Answers: negative, positive"]
        assert last[3] == "Instruction:"
        drawn.add(last[2].removeprefix("Thinking: "))
    assert drawn == set(STYLES)


def test_write_in_style_without_labels() -> None:
    given = replace(operator_input(), problem=problem(PATTERN))
    _, (request,) = work(WriteInStyle(), given, "Find a name.")
    assert "Answers" not in str(request.completion)
    assert len(str(request.completion).split("\n\n")[-1].splitlines()) == 3
