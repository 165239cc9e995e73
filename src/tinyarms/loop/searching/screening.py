"""Judge screening: a model drops weak variants before users see them. It promotes none."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.errors import ModelError
from tinyarms.core.settings import Judge
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.grading import grade_request, read_grade
from tinyarms.skills.example import Example
from tinyarms.store.db.records import JudgeGrades


def screen(
    caller: Caller, judge: Judge, finalists: Sequence[Finalist], examples: Sequence[Example]
) -> JudgeGrades:
    """Grade each finalist's outputs on a few examples.

    One whose outputs were not all graded is not dropped; a judge that cannot be asked drops none.
    """
    shown = examples[: judge.outputs]
    try:
        grades = [_grade(caller, judge, finalist, shown) for finalist in finalists]
    except ModelError as error:
        said = f"The judge {judge.model} could not be asked, so it dropped nothing: {error.message}"
        return JudgeGrades(judge.model, judge.threshold, (None,) * len(finalists), 0, said)
    dropped = sum(grade is not None and grade < judge.threshold for grade in grades)
    silent = sum(grade is None for grade in grades)
    said = f"The judge {judge.model} dropped {dropped} of {len(grades)} variants"
    said += f" (grades {', '.join(map(_shown, grades))}; below {judge.threshold:g} is dropped)."
    if silent:
        said += f" It graded {silent} of them not or not wholly: those were not dropped."
    return JudgeGrades(judge.model, judge.threshold, tuple(grades), dropped, said)


def passed(view: JudgeGrades, finalists: Sequence[Finalist]) -> list[Finalist]:
    """Those that the judge did not drop."""
    return [
        finalist
        for finalist, grade in zip(finalists, view.grades, strict=True)
        if grade is None or grade >= view.threshold
    ]


def _grade(
    caller: Caller, judge: Judge, finalist: Finalist, examples: Sequence[Example]
) -> float | None:
    """The mean over the examples, in [0, 1]; `None` if one of the outputs was not graded."""
    grades: list[float] = []
    for example in examples:
        met = caller.evaluate(finalist.prompt, example, "selection")
        if met is None:
            return None
        grade: float | None = 0.0  # an output that breaks the contract needs no judge
        if met.output is not None:
            request = grade_request(judge.rubric, example.inputs, met.output)
            reply = caller.judge(judge.model, finalist.candidate.id, request)
            grade = None if reply is None else read_grade(reply)
        if grade is None:
            return None
        grades.append(grade)
    return sum(grades) / len(grades) if grades else None


def _shown(grade: float | None) -> str:
    return "none" if grade is None else f"{grade:.2f}"
