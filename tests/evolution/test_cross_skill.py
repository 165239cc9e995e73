from __future__ import annotations

import pytest

from tests.evolution.world import FRAME, problem
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.cross_skill import general_sentences, origin, worded
from tinyarms.evolution.problem import Inherited
from tinyarms.skills.contract import Contract, Labels, Text
from tinyarms.skills.prompt import Prompt

GIVEN = problem()  # film reviews, negative or positive


def made(name: str, instruction: str, *parents: str, operator: str = "rewrite") -> Candidate:
    return Candidate(name, Prompt(f"{instruction}\n\n{FRAME}"), operator, parents)


PARENT = made("p", "Say what you see.", operator="incumbent")


@pytest.mark.parametrize(
    ("instruction", "general"),
    [
        ("Say what you see.", []),
        ("Say what you see. Be brief.", ["Be brief."]),
        ("Which one is it: negative or positive?", ["Which one is it: {either}?"]),
        (
            "Answer with exactly one of: negative, positive.",
            ["Answer with exactly one of: {labels}."],
        ),
        ("Classify the review. Be brief.", ["Be brief."]),
        ("Does the writer feel good? Look twice.", ["Look twice."]),
        ("A negative tone is telling.", []),
    ],
)
def test_sentences_are_general_or_left_out(instruction: str, general: list[str]) -> None:
    assert general_sentences(made("c", instruction, "p"), PARENT, GIVEN) == general


@pytest.mark.parametrize(
    ("sentence", "contract", "said"),
    [
        ("Be brief.", Text(), "Be brief."),
        ("Is it {either}?", Labels(("yes", "no")), "Is it yes or no?"),
        ("Pick: {labels}.", Labels(("a", "b", "c")), "Pick: a, b, c."),
        ("Is it {either}?", Text(), None),
    ],
)
def test_sentences_are_worded_for_the_next_contract(
    sentence: str, contract: Contract, said: str | None
) -> None:
    assert worded(sentence, contract) == said


def test_the_origin_is_told_where_it_comes_in() -> None:
    inherited = (
        Inherited("word_contract", 9, 3, sentences=("Be brief.",), source="sst2 (session 1)"),
        Inherited("rewrite", 9, 3, mutation_prompts=("Loudly",), source="subj (session 2)"),
    )
    child = made("c", "Say what you see. Be brief.", "p")
    grandchild = Candidate("g", child.prompt, "rewrite", ("c",), "Loudly")
    known = {c.id: c for c in (PARENT, child, grandchild)}
    assert origin(PARENT, known, inherited) == ""
    assert origin(child, known, inherited) == "sst2 (session 1)"
    assert origin(grandchild, known, inherited) == "subj (session 2)"
    assert origin(grandchild, {}, inherited) == "sst2 (session 1), subj (session 2)"
    assert origin(made("x", "Look.", "p"), known, inherited) == ""
