from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.skills.gbnf import accepts
from tinyarms.core.errors import ConfigError
from tinyarms.skills.contract import Labels, Pattern, Text
from tinyarms.skills.execution import (
    InputView,
    ModelRequest,
    SentPicture,
    build_request,
    masked_request,
)
from tinyarms.skills.input_words import (
    MOST_WORDS,
    LimitedConstraint,
    can_limit,
    limited,
    words_that_match,
)
from tinyarms.skills.prompt import Prompt

NAME = Pattern("[a-z0-9]+(-[a-z0-9]+){1,5}")


def regex_of(pattern: str, *texts: str) -> str | None:
    inputs = {str(number): text for number, text in enumerate(texts)}
    made = limited(Pattern(pattern), inputs, list(inputs))
    assert made is not None
    return made.regex


@pytest.mark.parametrize(
    ("pattern", "narrow"),
    [
        ("[a-z]+(-[a-z]+)*", "(?:two|women)(-(?:two|women))*"),
        ("[A-Z][a-z]+ [A-Z][a-z]+", "(?:Two|Women) (?:Two|Women)"),
        (r"\w+: \d+", r"(?:Two|women|2024): \d+"),
        (r"\w+?!", "(?:Two|women|2024)!"),
        (r"\[[a-z]{2,}\]", r"\[(?:two|women)\]"),
        (r"[a-z\]]+", "(?:two|women)"),
        ("[a-z]{1,12}", "(?:two|women)"),
        ("[a-z]{1,5}", "[a-z]{1,5}"),
        ("[^,]+", "[^,]+"),
        ("[a-z ]+", "[a-z ]+"),
        ("[a-z]+[0-9]+", "[a-z]+[0-9]+"),
        ("[0-9]+", "[0-9]+"),
        ("(red|blue)", "(red|blue)"),
    ],
)
def test_runs_of_letters_become_words(pattern: str, narrow: str) -> None:
    assert regex_of(pattern, "Two women, 2024") == narrow
    assert can_limit(Pattern(pattern)) == (pattern != narrow)


def test_words_take_a_form_that_fits() -> None:
    assert words_that_match("[a-z]+", ["ÜSKÜDAR Straße 5 Łódź 北京"]) == (
        "uskudar",
        "strasse",
        "lodz",
    )
    assert words_that_match(r"\w+", ["北京 ÜSKÜDAR"]) == ("北京", "ÜSKÜDAR")
    assert words_that_match("[a-z]+", ["one two", "two three"]) == ("one", "two", "three")
    assert len(words_that_match(r"\w+", [" ".join(map(str, range(1000)))])) == MOST_WORDS


def test_a_form_without_letters_is_no_word() -> None:
    assert words_that_match("[a-z]*", ["北京 red"]) == ("red",)


def test_a_very_long_word_is_left_out() -> None:
    # Three classes in a row would take hours for it.
    assert words_that_match("[a-z]+[a-z]+[a-z]+", [f"{'a' * 100_000}1 red"]) == ("red",)


def test_without_words_the_contract_stays_as_it_is() -> None:
    for texts in ((), ("",), ("北京 !!",)):
        assert regex_of("[a-z]+(-[a-z]+)*", *texts) == "[a-z]+(-[a-z]+)*"
    assert limited(NAME, {"content": "A red bridge"}, ["other"]) == NAME.constraint()
    for contract in (Labels(("a", "b")), Text()):
        assert limited(contract, {"content": "a"}, ["content"]) == contract.constraint()


@pytest.mark.slow
@given(st.text(max_size=60), st.sampled_from(["[a-z0-9]+(-[a-z0-9]+){1,5}", r"\w+( \w+)*"]))
def test_what_the_limit_allows_the_contract_allows(text: str, pattern: str) -> None:
    made = limited(Pattern(pattern), {"content": text}, ["content"])
    assert made is not None and made.regex is not None
    if not isinstance(made, LimitedConstraint):
        return
    [first, *_] = runs = re.findall(r"\(\?:([^)]*)\)", made.regex)
    word = first.split("|")[0]
    joiner = "-" if "-" in pattern else " "
    answer = f"{word}{joiner}{word}"
    assert re.fullmatch(made.regex, answer) and len(runs) == 2
    assert Pattern(pattern).parse(answer) == answer


def test_the_grammar_says_the_same() -> None:
    made = limited(NAME, {"content": "A red bridge"}, ["content"])
    assert made is not None and made.grammar is not None
    assert accepts(made.grammar, "red-bridge") and accepts(made.grammar, "bridge-red-red")
    assert not accepts(made.grammar, "green-bridge") and not accepts(made.grammar, "red")


def test_a_prompt_holds_the_answer_to_words_of_its_inputs() -> None:
    prompt = Prompt("Name it.", words_from=("content",))
    inputs = {"file": "IMG.png", "content": "A red bridge"}
    request = build_request(NAME, prompt, inputs)
    assert request.constraint is not None and request.constraint.regex is not None
    assert "bridge" in request.constraint.regex and "img" not in request.constraint.regex
    plain = build_request(NAME, Prompt("Name it."), inputs)
    assert plain.constraint == NAME.constraint()
    assert plain.key("m") != request.key("m")


def test_a_picture_has_no_words() -> None:
    picture = SentPicture("0" * 64, "image/png", 1, lambda: b"")
    view = InputView(show=lambda name, value: picture if name == "picture" else value)
    prompt = Prompt("Name it.", words_from=("picture", "content"))
    inputs = {"picture": "abc", "content": "A red bridge"}
    request = build_request(NAME, prompt, inputs, view)
    assert request.constraint is not None and request.constraint.regex is not None
    assert "abc" not in request.constraint.regex and "bridge" in request.constraint.regex


def test_private_words_are_masked_in_the_constraint_too() -> None:
    prompt = Prompt("Name it.", words_from=("content",))
    inputs = {"content": "Write to zoltan@example.org about the red bridge"}
    request: ModelRequest = masked_request(build_request(NAME, prompt, inputs), ["contact"])
    assert "zoltan" not in repr(request)
    assert request.constraint is not None and request.constraint.regex is not None
    assert "bridge" in request.constraint.regex


def test_a_pattern_that_no_grammar_can_say_is_refused_as_ever() -> None:
    with pytest.raises(ConfigError):
        limited(Pattern(r"(?=a)[a-z]+"), {"content": "a red"}, ["content"])
