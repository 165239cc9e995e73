"""The scorer `checks`: an example says itself what an output must be."""

from __future__ import annotations

import pytest

from tinyarms.core.errors import NotScored
from tinyarms.skills.checks import Checks, asks_a_judge, check_entry, rubrics_of
from tinyarms.skills.example import Example
from tinyarms.skills.score_reasons import why_wrong
from tinyarms.skills.scorers import make_scorer, score_of


def example(*entries: str, expected: str = "", weight: float = 1.0) -> Example:
    return Example("e", {}, expected, "test", required=dict.fromkeys(entries, weight))


@pytest.mark.parametrize(
    ("entry", "passes", "fails"),
    [
        ("equals:Yarr", " Yarr\n", "yarr"),
        ("contains:$500", "at most $500.", "$50"),
        ("icontains:BIBLIOTECA", "la biblioteca", "library"),
        ('contains-any:["a", "b"]', "xb", "xc"),
        ('contains-all:["a", "b"]', "ab", "xb"),
        ('icontains-all:["fermé"]', "FERMÉ", "ferme"),
        ("starts-with:Sure", "Sure, I can", "I can. Sure"),
        (r"regex:ACCT-[0-9]{6}", "for ACCT-123456.", "ACCT-1"),
        ("is-json", "[1]", "no"),
        ('is-json:{"type": "object", "required": ["a"]}', '{"a": 1}', '{"b": 1}'),
        ("contains:a: b", "a: b", "a b"),
    ],
)
def test_a_check_holds_and_its_opposite_does_not(entry: str, passes: str, fails: str) -> None:
    score = Checks()
    assert (score(example(entry), passes), score(example(entry), fails)) == (1, 0)
    assert (score(example(f"not-{entry}"), passes), score(example(f"not-{entry}"), fails)) == (0, 1)


def test_the_score_is_the_share_of_the_weights() -> None:
    weighed = Example("e", {}, "", "test", required={"contains:a": 3.0, "contains:b": 1.0})
    assert Checks()(weighed, "a") == 0.75
    assert why_wrong(Checks(), weighed, "a") == "It does not pass contains:b."


def test_equals_alone_compares_with_the_expected_output() -> None:
    assert Checks()(example("equals", expected="red"), "red") == 1
    assert Checks()(example(expected="red"), "blue") == 0
    assert Checks()(example(), "anything") == 1


def test_a_rubric_is_asked_of_the_judge() -> None:
    asked = []

    def judge(rubric: str, example: Example, output: str) -> float:
        asked.append((rubric, output))
        return 0.5 if output == "kind" else 0.25

    scorer = make_scorer("checks", {}, "skill s", judge)  # type: ignore[arg-type]
    row = example("judge:Is it kind?", "contains:k")
    assert asks_a_judge(row) and not asks_a_judge(example("contains:judge:"))
    assert (scorer(row, "kind"), scorer(row, "kin")) == (1, 0.5)
    assert asked == [("Is it kind?", "kind"), ("Is it kind?", "kin")]
    with pytest.raises(NotScored, match="no judge model"):
        Checks()(row, "kind")


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("contain", "a", "did you mean 'contains'"),
        ("contains", "", "has no value"),
        ("contains-any", "a, b", "cannot be used"),
        ("contains-any", [1], "a JSON list of texts"),
        ("regex", "(", "cannot be used"),
        ("is-json", {"type": "objekt"}, "cannot be used"),
        ("is-json", "5", "a JSON schema is an object, true or false"),
        ("is-json", "[1]", "a JSON schema is an object, true or false"),
        ("is-json", {"$schema": 5}, r"\$schema is not a text"),
    ],
)
def test_a_check_that_does_not_exist_is_refused(kind: str, value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_entry(kind, value)
    entry = f"{kind}:{value}"
    if isinstance(value, str):
        with pytest.raises(NotScored):
            score_of(Checks(), example(entry), "a")


@pytest.mark.parametrize(
    ("entry", "grade", "holds"),
    [
        ("judge:Kind?", 0.5, True),
        ("judge>=0.8:Kind?", 0.75, False),
        ("judge>=0.8:Kind?", 1.0, True),
        ("not-judge>=0.8:Rude?", 0.75, True),
    ],
)
def test_a_rubric_holds_from_the_grade_of_its_entry(entry: str, grade: float, holds: bool) -> None:
    scorer = Checks(lambda *_: grade)
    row = example(entry)
    assert scorer(row, "x") == float(holds)
    assert rubrics_of(row) == [entry.partition(":")[2]]


def test_a_grade_that_is_none_is_named() -> None:
    with pytest.raises(NotScored, match="'judge>=8' is no number from 0 to 1"):
        Checks(lambda *_: 1.0)(example("judge>=8:Kind?"), "x")
