from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from tests.evolution.world import PATTERN, candidate, problem
from tinyarms.core.settings import Evolution
from tinyarms.evolution.input_words import inputs_of_answers
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.without_model.input_words import LimitWords
from tinyarms.evolution.operators.without_model.starting_prompts import starting_prompts
from tinyarms.skills.contract import Pattern
from tinyarms.skills.example import Example


def examples(*rows: tuple[Mapping[str, str], str]) -> list[Example]:
    return [Example(str(n), inputs, said, "search") for n, (inputs, said) in enumerate(rows)]


def test_the_input_with_most_words_of_the_answers_is_found() -> None:
    of_file = {"file": "IMG_1.png", "content": "A red bridge in fog"}
    assert inputs_of_answers(examples((of_file, "red-bridge"))) == ("content",)
    apart = {"who": "Ada", "what": "A red bridge"}
    assert inputs_of_answers(examples((apart, "ada-bridge"))) == ("who", "what")
    assert inputs_of_answers(examples((apart, "roter-steg"))) == ()
    assert inputs_of_answers(examples((apart, "…"))) == inputs_of_answers([]) == ()


def given_to(operator_of: str, **changes: object) -> OperatorInput:
    given = replace(problem(PATTERN, search=20), **changes)
    parent = candidate("Name it.")
    return OperatorInput(given, parent, parent, (), random.Random(1))


def test_words_are_held_and_let_go() -> None:
    inputs = given_to("limit_words")
    names = inputs.problem.copied_inputs
    assert names
    draft = LimitWords().draft(inputs)
    assert draft is not None and draft.prompt.words_from == names
    child = replace(inputs.parent, prompt=draft.prompt)
    back = LimitWords().draft(replace(inputs, parent=child))
    assert back is not None and back.prompt == inputs.parent.prompt


def test_it_is_tried_only_where_it_may_help() -> None:
    assert "input_words" in starting_prompts(given_to("").problem)
    for changes in (
        {"settings": Evolution(input_words=False)},
        {"contract": Pattern("[0-9]+")},
        {"search": ()},
    ):
        inputs = given_to("", **changes)
        assert starting_prompts(inputs.problem) == {}
        assert LimitWords().draft(inputs) is None
    held = given_to("").problem
    held = replace(held, incumbent=replace(held.incumbent, words_from=held.copied_inputs))
    assert starting_prompts(held) == {}
