"""A verbalizer reads a reply by the words that the server lists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import PromptError
from tinyarms.core.text import storable
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import ModelReply, read_reply
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.skills.verbalizer import BELOW_LISTED, Verbalizer, key_of
from tinyarms.skills.verbalizer_text import lines_of, table_of

GOOD_OR_BAD = Labels(("bad", "good"))
VERBALIZER = Verbalizer(
    ("bad", "good"),
    {"Great": (-0.5, 0.5), "Sorry": (0.5, -0.5)},
    {key_of({"text": "Lovely!"}): (3.0, -3.0)},
)


def reply(**listed: float) -> ModelReply:
    return ModelReply("bad", 10, 1, 5.0, label_logprobs={"bad": -0.1, "good": -2.4}, listed=listed)


def test_words_decide_in_place_of_the_labels_names() -> None:
    prompt = Prompt("Good or bad?", verbalizer=VERBALIZER)
    run = read_reply(GOOD_OR_BAD, prompt, reply(Great=-1.0, Sorry=-3.0))
    assert run.reply.label_logprobs == {"bad": -1.0, "good": 1.0}
    biased = Prompt("Good or bad?", calibration={"bad": 2.5}, verbalizer=VERBALIZER)
    assert read_reply(GOOD_OR_BAD, biased, reply(Great=-1.0, Sorry=-3.0)).output == "bad"
    calibrated = Prompt("Good or bad?", calibration={"bad": 1.5}, verbalizer=VERBALIZER)
    assert read_reply(GOOD_OR_BAD, calibrated, reply(Great=-1.0, Sorry=-3.0)).output == "good"


def test_an_unlisted_word_is_a_little_less_likely_than_the_last_listed_one() -> None:
    found = VERBALIZER.label_logprobs({"Great": -2.0, "the": -4.0})
    assert found == {"bad": pytest.approx(-1 - BELOW_LISTED / 2), "good": pytest.approx(1.25)}


def test_a_server_that_lists_none_of_the_words_is_taken_at_its_word() -> None:
    prompt = Prompt("Good or bad?", calibration={"good": 9.0}, verbalizer=VERBALIZER)
    for listed in ({}, {"the": -0.1}):
        assert read_reply(GOOD_OR_BAD, prompt, reply(**listed)).output == "bad"


def test_weights_for_other_labels_than_the_contract_has_are_not_used() -> None:
    prompt = Prompt("Good or bad?", calibration={"good": 9.0}, verbalizer=VERBALIZER)
    run = read_reply(Labels(("bad", "good", "so-so")), prompt, reply(Great=-1.0, Sorry=-3.0))
    assert (run.output, run.violation) == ("bad", None)


def test_an_example_is_read_as_by_weights_that_have_not_seen_it() -> None:
    listed = {"Great": -1.0, "Sorry": -3.0}
    of_example = VERBALIZER.for_example({"text": "Lovely!"})
    assert of_example.label_logprobs(listed) == {"bad": 2.0, "good": -2.0}
    assert VERBALIZER.for_example({"text": "Another."}) is VERBALIZER


@settings(deadline=None, max_examples=20)
@given(
    st.dictionaries(
        st.text(max_size=12).map(storable),
        st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
        min_size=1,
        max_size=9,
    )
)
def test_any_words_survive_the_prompt_file(words: dict[str, tuple[float, float]]) -> None:
    assert table_of(lines_of(words), columns=2) == words
    prompt = Prompt("Good or bad?", verbalizer=Verbalizer(("bad", "no"), words, model_tag="a: b"))
    assert parse_prompt_file(format_prompt_file(prompt, {"version": 2}), "x.md") == prompt
    assert Prompt.from_dict(prompt.to_dict()) == prompt


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("verbalizer: 3", "line 2: verbalizer: must be a mapping"),
        ("verbalizer:\n  words: x", "verbalizer.labels: must be a list of labels"),
        ("verbalizer:\n  labels: [a, b]", "verbalizer.words: is missing"),
        (
            'verbalizer:\n  labels: [a, b]\n  words: |\n    "x" 1',
            "verbalizer.words: line 1 must be a word in quotes and 2 numbers",
        ),
        (
            'verbalizer:\n  labels: [a, b]\n  words: |\n    "x" 1 2\n    y 1 2',
            "verbalizer.words: line 2 must be a word in quotes and 2 numbers",
        ),
        (
            'verbalizer:\n  labels: [a, b]\n  words: |\n    "x" 1 inf',
            "verbalizer.words: line 1 must be a word in quotes and 2 numbers",
        ),
        (
            'verbalizer:\n  labels: [a, b]\n  words: |\n    "x" 1 2\n  without: [1]',
            "verbalizer.without: must be text",
        ),
        (
            'verbalizer:\n  labels: [a, b]\n  wrods: |\n    "x" 1 2',
            "line 4: verbalizer.wrods: is no key of a verbalizer (those are model, labels, words,",
        ),
        ("verbalizer:\n  model: [a]\n  labels: [a, b]", "verbalizer.model: must be a model's tag"),
    ],
)
def test_a_broken_table_is_named_with_its_line(front: str, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_prompt_file(f"---\n{front}\n---\nGood or bad?\n", "x.md")
    assert message in caught.value.message


def test_a_prompt_without_one_keeps_its_hash() -> None:
    assert "verbalizer" not in Prompt("Good or bad?").to_dict()
    assert Prompt("x").hash != Prompt("x", verbalizer=VERBALIZER).hash
