"""Scorers that can say why an output is not right."""

import pytest

from tinyarms.skills.example import Example
from tinyarms.skills.score_reasons import why_wrong
from tinyarms.skills.scorers import Scorer, edit, exact, f1, keywords, labels, make_scorer, number

EXAMPLE = Example(
    "e1",
    {},
    "a red bridge",
    "search",
    required={"bridge": 1.0, "fog|mist": 1.0},
    forbidden=("img",),
)
SUM = Example("e2", {}, "#### 12", "search")
BILL = Example("e3", {}, '{"total": 12, "date": "2026-03-01"}', "search")


@pytest.mark.parametrize(
    ("scorer", "example", "output", "reason"),
    [
        (keywords, EXAMPLE, "img bridge", "It lacks fog|mist. It must not have img."),
        (keywords, EXAMPLE, "bridge in mist", ""),
        (number, SUM, "It is 13.", "Its last number is 13, not 12."),
        (number, SUM, "a dozen", "It has no number."),
        (number, SUM, "It is 12.", ""),
        (
            f1,
            EXAMPLE,
            "the red tower",
            "It lacks the words a, bridge. It need not have the words the, tower.",
        ),
        (exact, EXAMPLE, "a bridge", ""),
        (labels, EXAMPLE, "a bridge", ""),
        (edit, EXAMPLE, "a bridge", ""),
        (exact, EXAMPLE, "A red Bridge", "Only capital and small letters differ."),
        (labels, EXAMPLE, "a red bridge.", "Only punctuation, spaces or capital letters differ."),
        (edit, EXAMPLE, "It is a red bridge", "It has the right answer and something else."),
        (exact, EXAMPLE, "one two three four five six 7", "It is too long: 7 words, not 3."),
        (exact, BILL, "12 euros", "It is no JSON object."),
        (exact, BILL, '{"date": "2026-03-01", "total": 12}', ""),
        (
            edit,
            BILL,
            '{"total": 13, "day": "2026-03-01"}',
            "It lacks the keys date. It must not have the keys day. total is 13, not 12.",
        ),
        (exact, BILL, "[" * 100_000, "It is no JSON object."),
        (
            make_scorer("regex", {"pattern": "^[a-z-]+$"}, "here"),
            EXAMPLE,
            "A bridge",
            "It has no match of ^[a-z-]+$",
        ),
    ],
)
def test_the_reason(scorer: Scorer, example: Example, output: str, reason: str) -> None:
    assert why_wrong(scorer, example, output) == reason


class Own:
    """A person's scorer."""

    def __call__(self, example: Example, output: str) -> float:
        return 0.0

    def explain(self, example: Example, output: str) -> str:
        if output == "break":
            raise ValueError(output)
        return f"Not {output},\nbut {example.expected}."


def test_a_scorer_of_ones_own_may_explain() -> None:
    assert why_wrong(Own(), SUM, "13") == "Not 13, but #### 12."


def test_an_explanation_that_fails_is_none() -> None:
    assert why_wrong(Own(), SUM, "break") == ""
