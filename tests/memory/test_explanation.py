"""The explanation of a task says what its prompt was made of."""

from __future__ import annotations

import math

import pytest

from tests.memory.test_recall import MEMORY, TASK, prompt
from tinyarms.memory.explanation import explained
from tinyarms.memory.recall import recalled
from tinyarms.skills.prompt import Prompt

SAID = {"good": math.log(0.5), "bad": math.log(0.5)}


def test_it_lists_the_examples_in_the_order_of_the_prompt() -> None:
    remembering = prompt(demonstrations=3, prior_weight=0.5)
    found = explained(remembering, MEMORY, TASK, SAID)
    shown = recalled(remembering, MEMORY, TASK).demonstrations
    assert [example.text for example in found.examples] == [d.inputs["text"] for d in shown]
    suggested = MEMORY.label_logprobs(TASK)
    for chance in found.labels:
        assert chance.model == pytest.approx(0.5)
        assert chance.memory == pytest.approx(math.exp(suggested[chance.label]))
    # The model does not know, so half of what the memory says decides.
    odds = math.exp(0.5 * (suggested["good"] - suggested["bad"]))
    both = {chance.label: chance.both for chance in found.labels}
    assert both["good"] == pytest.approx(odds / (1 + odds))


def test_a_memory_without_a_forgotten_users_examples_keeps_its_name() -> None:
    remembering = prompt(demonstrations=2)
    assert remembering.retrieve is not None
    found = explained(remembering, MEMORY.without({"d"}), TASK)
    assert found.snapshot == remembering.retrieve.snapshot
    assert "d" not in {example.id for example in found.examples}


def test_without_a_memory_there_is_only_the_model() -> None:
    found = explained(Prompt("Good or bad?"), None, TASK, SAID)
    assert (found.snapshot, found.examples, found.weight) == (None, (), 0.0)
    assert all(chance.memory is None and chance.both is None for chance in found.labels)
