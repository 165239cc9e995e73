"""What a prompt takes from its memory for one task."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.memory.memory import Memory
from tinyarms.memory.recall import recalled
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt, Retrieval

TEXTS = {
    "a": ("the soup was cold", "bad"),
    "b": ("the soup was warm and good", "good"),
    "c": ("a dull evening with friends", "bad"),
    "d": ("a lovely evening with friends", "good"),
}
MEMORY = Memory.of(
    [Example(i, {"text": text}, label, "search") for i, (text, label) in TEXTS.items()],
    ("good", "bad"),
)
TASK = {"text": "a lovely evening with my friends"}


def prompt(**retrieve: object) -> Prompt:
    return Prompt("Good or bad?", retrieve=Retrieval(**retrieve, snapshot=MEMORY.snapshot))  # type: ignore[arg-type]


def shown(prompt: Prompt) -> list[str]:
    return [demonstration.inputs["text"] for demonstration in prompt.demonstrations]


def test_the_nearest_examples_are_shown_the_most_similar_last() -> None:
    found = recalled(prompt(demonstrations=2), MEMORY, TASK)
    assert shown(found) == [TEXTS["c"][0], TEXTS["d"][0]]
    first = recalled(prompt(demonstrations=2, nearest_last=False), MEMORY, TASK)
    assert shown(first) == shown(found)[::-1]
    assert found.retrieve is None
    assert recalled(found, MEMORY, TASK) == found


def test_they_follow_the_prompts_own_and_none_is_shown_twice() -> None:
    own = Demonstration({"text": TEXTS["d"][0]}, "good")
    found = recalled(replace(prompt(demonstrations=2), demonstrations=(own,)), MEMORY, TASK)
    assert found.demonstrations[0] == own
    assert len(found.demonstrations) == 3
    assert len(set(shown(found))) == 3


def test_what_the_examples_suggest_is_added_to_the_calibration() -> None:
    suggested = MEMORY.label_logprobs(TASK)
    plain = replace(prompt(prior_weight=0.5), calibration={"good": 0.25, "bad": -0.25})
    found = recalled(plain, MEMORY, TASK)
    assert found.demonstrations == ()
    assert found.calibration["good"] == pytest.approx(0.25 + 0.5 * suggested["good"])
    assert found.calibration["bad"] == pytest.approx(-0.25 + 0.5 * suggested["bad"])
    assert recalled(prompt(demonstrations=1), MEMORY, TASK).calibration == {}


def test_a_prompt_without_a_memory_stays_as_it_is() -> None:
    plain = Prompt("Good or bad?", calibration={"good": 1.0})
    assert recalled(plain, MEMORY, TASK) is plain


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(
    left_out=st.sets(st.sampled_from(sorted(TEXTS))),
    count=st.integers(0, 5),
    weight=st.sampled_from([0.0, 0.7]),
    task=st.sampled_from(sorted(TEXTS)),
)
def test_nothing_that_is_left_out_is_shown_or_counted(
    left_out: set[str], count: int, weight: float, task: str
) -> None:
    inputs = {"text": TEXTS[task][0]}
    found = recalled(prompt(demonstrations=count, prior_weight=weight), MEMORY, inputs, left_out)
    assert not {TEXTS[i][0] for i in left_out} & set(shown(found))
    assert len(found.demonstrations) == min(count, len(TEXTS) - len(left_out))
    if weight:
        known = MEMORY.label_logprobs(inputs, left_out)
        assert found.calibration == {k: pytest.approx(weight * v) for k, v in known.items()}
