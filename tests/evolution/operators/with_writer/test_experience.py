import random
from collections.abc import Sequence
from dataclasses import replace

from tests.evolution.world import FRAME, candidate, example, problem, work
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.with_writer.experience import FixFailure, Lamarckian
from tinyarms.skills.example import Example

PARENT = candidate("Say how the\nwriter feels.", mutation_prompt="Shorter")
DULL = Example("a", {"text": "A dull\nfilm.", "year": "1999"}, "negative", "search")
LONG = Example("b", {"text": "x" * 500}, "positive", "search")
POSITIVE = Example("c", {"text": "What joy!"}, "positive", "search")


def operator_input(seed: int = 0, pool: Sequence[Example] = ()) -> OperatorInput:
    return OperatorInput(problem(), PARENT, PARENT, pool, random.Random(seed))


def last_block(text: str | None) -> str:
    blocks = str(text).split("\n\n")
    assert len(blocks) == 4
    assert len({len(block.splitlines()) for block in blocks}) == 1
    return blocks[-1]


def test_fix_failure_shows_one_that_the_parent_gets_wrong() -> None:
    draft, (request,) = work(
        FixFailure(), replace(operator_input(), failures=(DULL,)), " Find it. "
    )
    assert last_block(request.completion) == (
        "Instruction: Say how the writer feels.\nGone wrong: A dull film.; 1999\n"
        "Wanted: negative\nBetter:"
    )
    assert draft is not None
    assert draft.prompt.text == f"Find it.\n\n{FRAME}"
    assert draft.mutation_prompt == "Shorter"


def test_fix_failure_takes_the_skills_failures_where_the_parents_are_not_known() -> None:
    given = replace(operator_input(), problem=problem(failures=(DULL, LONG)))
    shown = set()
    for seed in range(20):
        _, (request,) = work(FixFailure(), replace(given, rng=random.Random(seed)), "Find it.")
        shown.add(last_block(request.completion).splitlines()[1])
    assert shown == {"Gone wrong: A dull film.; 1999", f"Gone wrong: {'x' * 160}"}


def test_fix_failure_has_nothing_to_do_without_a_failure() -> None:
    assert work(FixFailure(), operator_input()) == (None, [])


def test_lamarckian_guesses_the_instruction_from_correct_outputs() -> None:
    successes = ((DULL, "Negative."), (POSITIVE, "positive"))
    draft, (request,) = work(
        Lamarckian(), replace(operator_input(), successes=successes), " Find it. "
    )
    block = last_block(request.completion)
    assert block.endswith("\nThe instruction was:")
    assert "Input: A dull film.; 1999\nOutput: Negative.\n" in block
    assert "Input: What joy!\nOutput: positive\n" in block
    assert "writer feels" not in str(request.completion)
    assert draft is not None
    assert draft.prompt.text == f"Find it.\n\n{FRAME}"


def test_lamarckian_shows_two_different_outputs_where_there_are_two() -> None:
    pool = [example(i) for i in range(12)]
    for seed in range(20):
        _, (request,) = work(Lamarckian(), operator_input(seed, pool), "Find it.")
        lines = last_block(request.completion).splitlines()
        assert {line for line in lines if line.startswith("Output")} == {
            "Output: negative",
            "Output: positive",
        }
    same = [replace(e, expected="positive") for e in pool]
    _, (request,) = work(Lamarckian(), operator_input(0, same), "Find it.")
    lines = last_block(request.completion).splitlines()
    assert lines[1] == lines[3] == "Output: positive"
    assert lines[0] != lines[2]


def test_lamarckian_can_do_with_one_and_not_with_none() -> None:
    _, (request,) = work(
        Lamarckian(), replace(operator_input(), successes=((DULL, "negative"),)), "x"
    )
    assert len(last_block(request.completion).splitlines()) == 3
    assert work(Lamarckian(), operator_input()) == (None, [])
