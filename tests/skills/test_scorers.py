from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ConfigError, ModelTimeout, NotScored
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import SCORER_NAMES, Grade, make_scorer, score_of


def example(
    expected: str = "",
    required: Mapping[str, float] | None = None,
    forbidden: tuple[str, ...] = (),
) -> Example:
    return Example("e", {"x": ""}, expected, "test", required=required or {}, forbidden=forbidden)


@pytest.mark.parametrize(
    ("name", "expected", "output", "score"),
    [
        ("exact", "red car", " red car\n", 1),
        ("exact", "red car", "Red car", 0),
        ("exact", "red car", "red cars", 0),
        ("labels", "Positive", "positive ", 1),
        ("labels", "positive", "positively", 0),
        ("number", "#### 72", "So she sold 48 + 24 = 72.", 1),
        ("number", "72", "72 clips in 2 months", 0),
        ("number", "1234", "It costs $1,234.00", 1),
        ("number", "0.5", "a probability of .5", 1),
        ("number", "0.5", "No.5", 0),
        ("number", "-5", "x = -5", 1),
        ("number", "5", "pages 3-5", 1),
        ("number", "3", "1,2,3", 1),
        ("number", "12345678901234567", "12345678901234568", 0),
        ("number", "7", "seven", 0),
        ("number", "none", "none", 0),
        ("f1", "the red car", "The red car!", 1),
        ("f1", "the red car", "a red bus", 1 / 3),
        ("f1", "red car", "red red", 1 / 2),
        ("f1", "red car", "blue bus", 0),
        ("f1", "red car", "", 0),
        ("f1", "?", "!", 1),
        ("edit", "red-car", "red-car", 1),
        ("edit", "abcd", "abxd", 0.75),
        ("edit", "abc", "xyz", 0),
    ],
)
def test_a_scorer_catches_and_lets_through(
    name: str, expected: str, output: str, score: float
) -> None:
    scorer = make_scorer(name, {}, "skill s")
    assert scorer(example(expected), output) == pytest.approx(score)


@pytest.mark.parametrize(
    ("required", "forbidden", "output", "score"),
    [
        ({"card": 2, "payment": 1}, (), "payment-card", 1),
        ({"card": 2, "payment": 1}, (), "a Card is declined", 2 / 3),
        ({"card": 2, "payment": 1}, (), "cards-repayment", 0),
        ({"card|visa": 1}, (), "my-visa", 1),
        ({"card|visa": 1}, (), "card-and-visa", 1),
        ({"card|visa": 1}, (), "cash", 0),
        ({"Card": 1}, (), "card", 1),
        ({"golden-gate": 1}, (), "the-golden-gate-bridge", 1),
        ({"golden-gate": 1}, (), "The_golden gate", 1),
        ({"golden gate": 1}, (), "golden-gate", 1),
        ({"golden-gate": 1}, (), "gate-golden", 0),
        ({"golden-gate": 1}, (), "golden-red-gate", 0),
        ({"golden-gate|bay": 1}, (), "golden-bay", 1),
        ({"2022": 1}, (), "tax-2022", 1),
        ({"2022": 1}, (), "tax-20221", 0),
        ({"|": 1}, (), "", 0),
        ({"card": 1}, ("img",), "card-img", 0.75),
        ({"card": 1}, ("IMG", "photo"), "img-photo-card", 0.5),
        ({"card": 1}, ("untitled-screen",), "untitled-screen-card", 0.75),
        ({"card": 1}, ("img",), "card-imgs", 1),
        ({"card": 1}, ("img",), "img", 0),
        ({"card": 1}, ("",), "card", 1),
    ],
)
def test_keywords(
    required: dict[str, float], forbidden: tuple[str, ...], output: str, score: float
) -> None:
    scorer = make_scorer("keywords", {}, "skill s")
    assert scorer(example("other", required, forbidden), output) == pytest.approx(score)


def test_keywords_fall_back_on_the_expected_output() -> None:
    scorer = make_scorer("keywords", {}, "skill s")
    assert scorer(example("red-car"), "car-red-fast") == 1
    assert scorer(example("red-car"), "red-bus") == 0.5
    assert scorer(example("?!"), "?!") == 1
    assert scorer(example("?!"), "!?") == 0


_TEXT = st.text('ab1-.,| "', max_size=10)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["exact", "labels", "number", "f1", "keywords", "edit"]),
    _TEXT,
    _TEXT,
    st.dictionaries(_TEXT, st.floats(0.1, 10), max_size=3),
    st.lists(_TEXT, max_size=3).map(tuple),
)
def test_a_score_is_never_outside_0_and_1(
    name: str,
    expected: str,
    output: str,
    required: dict[str, float],
    forbidden: tuple[str, ...],
) -> None:
    score = make_scorer(name, {}, "skill s")(example(expected, required, forbidden), output)
    assert 0 <= score <= 1


def test_regex_looks_for_its_pattern() -> None:
    scorer = make_scorer("regex", {"pattern": r"^\d+ clips"}, "skill s")
    assert scorer(example(), "72 clips in all") == 1
    assert scorer(example(), "All 72 clips") == 0


def test_judge_asks_the_judge_with_its_rubric() -> None:
    asked = []

    def judge(rubric: str, example: Example, output: str) -> Grade:
        asked.append((rubric, example.expected, output))
        return Grade(0.25, "It is rude.")

    scorer = make_scorer("judge", {"rubric": "Is it kind?"}, "skill s", judge)
    grade = score_of(scorer, example("wanted"), "said")
    assert isinstance(grade, Grade)
    assert (grade, grade.reason) == (0.25, "It is rude.")
    assert asked == [("Is it kind?", "wanted", "said")]


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("exactly", {}, "'exactly' is unknown. Did you mean exact\\? Known: exact, labels, number"),
        ("regex", {}, "'regex' lacks its option `pattern`"),
        ("exact_mach", {}, "'exact_mach' is unknown. Did you mean exact"),
        ("judge", {}, "'judge' lacks its option `rubric`"),
        ("regex", {"pattern": "("}, "is not a regular expression"),
        ("judge", {"rubric": "Is it kind?"}, "'judge' has no judge model"),
    ],
)
def test_a_scorer_that_cannot_be_made(name: str, options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=f"^skill s: .*{complaint}"):
        make_scorer(name, options, "skill s")


def test_every_plain_name_makes_a_scorer() -> None:
    plain = [name for name in SCORER_NAMES if name not in ("regex", "judge", "module:function")]
    for name in plain:
        assert make_scorer(name, {}, "skill s")(example("1"), "1") == 1


class Odd:
    def __repr__(self) -> str:
        return "an\nodd thing"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (2, "2"),
        (-0.1, "-0.1"),
        ("0.5", "'0.5'"),
        ([1], r"\[1\]"),
        (1j, "1j"),
        (Decimal("NaN"), r"Decimal\('NaN'\)"),
        (Fraction(10**400), "too large"),
        (Odd(), "an odd thing"),
    ],
)
def test_what_is_no_number_from_0_to_1_is_no_score(value: object, shown: str) -> None:
    with pytest.raises(NotScored, match=f"The scorer (returned|raised OverflowError).*{shown}"):
        score_of(lambda example, output: value, example(), "x")  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("value", "score"),
    [(0, 0.0), (True, 1.0), (0.25, 0.25), (Decimal("0.5"), 0.5), (Fraction(1, 4), 0.25)],
)
def test_every_kind_of_number_is_a_score(value: object, score: float) -> None:
    found = score_of(lambda example, output: value, example(), "x")  # type: ignore[arg-type, return-value]
    assert (found, type(found)) == (score, float)


@pytest.mark.parametrize(
    "error", [ValueError("row\n7"), SystemExit(3), KeyError("a"), RecursionError("deep")]
)
def test_a_scorer_that_raises_or_exits_has_not_scored(error: BaseException) -> None:
    def raises(example: Example, output: str) -> float:
        raise error

    with pytest.raises(NotScored, match=f"The scorer raised {type(error).__name__}: ") as caught:
        score_of(raises, example(), "x")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("error", [KeyboardInterrupt, ModelTimeout])
def test_an_interruption_and_a_judge_that_is_away_are_no_fault_of_the_scorer(
    error: type[BaseException],
) -> None:
    def raises(example: Example, output: str) -> float:
        raise error("x")

    with pytest.raises(error):
        score_of(raises, example(), "x")
