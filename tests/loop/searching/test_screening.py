from __future__ import annotations

from collections.abc import Callable

import pytest

from tinyarms.core.errors import NotScored
from tinyarms.loop.project.grading import (
    JudgeScorer,
    grade_request,
    read_grade,
    reasoned_grade_request,
)
from tinyarms.loop.searching.screening import passed
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.scorers import Grade
from tinyarms.store.db.records import JudgeGrades


def said(text: str) -> ModelReply:
    return ModelReply(text, 30, 5, 9.0)


class Judge:
    name = "judge"
    slots = 1

    def __init__(self, answer: Callable[[ModelRequest], str]) -> None:
        self.answer = answer

    def complete(self, request: ModelRequest) -> ModelReply:
        return said(self.answer(request))


def test_a_judge_is_asked_for_json_about_inputs_and_answer() -> None:
    request = grade_request("Is it kind?", {"text": "a bridge"}, "golden-gate")
    (message,) = request.messages
    assert message.content.startswith("Is it kind?")
    assert "a bridge" in message.content
    assert "golden-gate" in message.content
    assert request.constraint is not None and request.constraint.schema is not None
    assert request.constraint.schema["required"] == ["score"]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ('{"score": 1}', 0.0),
        ('{"score": 4, "reason": "kind"}', 0.75),
        (' {"score": 5}\n', 1.0),
        ('{"score": 6}', None),
        ('{"score": "good"}', None),
        ('{"grade": 3}', None),
        ("[5]", None),
        ("It is very kind.", None),
        ("", None),
    ],
)
def test_a_grade_is_read_or_it_is_none(text: str, grade: float | None) -> None:
    assert read_grade(said(text)) == grade


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ('{"score": 4, "reason": " too\\n long"}', Grade(0.75, "too long")),
        ('{"score": 4, "reason": 7}', Grade(0.75)),
        ('{"score": 2, "reason": "It names no col', Grade(0.25)),
        ('{"score": 22, "reason": "It names no col', None),
        ('{"reason": "It names no colour", "score', None),
    ],
)
def test_a_reason_is_read_and_a_cut_one_costs_no_grade(text: str, grade: Grade | None) -> None:
    found = read_grade(said(text))
    assert found == grade
    assert found is None or (grade is not None and found.reason == grade.reason)


def test_a_judge_that_scores_is_asked_for_a_reason_after_the_score() -> None:
    request = reasoned_grade_request("Is it kind?", {"text": "a bridge"}, "golden-gate")
    assert request.constraint is not None and request.constraint.schema is not None
    assert request.constraint.schema["required"] == ["score", "reason"]


def test_private_parts_are_masked_before_a_judge_elsewhere_reads_them() -> None:
    sent: list[str] = []

    def answer(request: ModelRequest) -> str:
        sent.append(request.messages[0].content)
        return '{"score": 3, "reason": "no"}'

    example = Example("e", {"text": "my password is hunter2secret99"}, "a", "search")
    JudgeScorer(lambda: Judge(answer), lambda: ("secrets",))("Is it right?", example, "b")
    JudgeScorer(lambda: Judge(answer))("Is it right?", example, "b")
    assert ["hunter2secret99" in text for text in sent] == [False, True]


def test_the_scorer_shows_what_was_expected_and_takes_no_nonsense_for_a_grade() -> None:
    scorer = JudgeScorer(
        lambda: Judge(lambda r: '{"score": 3}' if "a-bridge" in r.messages[0].content else "?")
    )
    shown = Example("e", {"text": "red"}, "a-bridge", "search")
    assert scorer("Is it right?", shown, "red-bridge") == 0.5
    other = Example("e", {"text": "red"}, "a-house", "search")
    with pytest.raises(NotScored, match=r"The judge gave no grade but '\?'"):
        scorer("Is it right?", other, "red-house")


def test_what_was_not_graded_passes() -> None:
    view = JudgeGrades("judge", 0.5, (0.4, None, 0.5), 1, "")
    assert passed(view, ["a", "b", "c"]) == ["b", "c"]  # type: ignore[list-item, comparison-overlap]
