"""Judge screening: a model drops weak variants before users see them."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.errors import ModelError
from tinyarms.core.settings import Judge
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.grading import grade_request, read_grade
from tinyarms.loop.searching.driver import Search
from tinyarms.loop.searching.pricing import judge_of
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply
from tinyarms.store.db.records import EvaluationRecord, JudgeGrades


def screen(search: Search, finalists: Sequence[Finalist]) -> JudgeGrades | None:
    """The judge's grades of a search's finalists; `None` without a judge or without finalists.

    Grades are stored with the session; a resumed search uses the stored ones.
    """
    context, session = search.context, search.session
    judge = judge_of(context, search.caller.skill)
    if judge is None or not finalists:
        return None
    grades = session.findings.judge
    if grades is None:
        grades = grade_finalists(search.caller, judge, finalists, search.problem.selection)
        with context.store.unit_of_work(durable=True) as work:
            work.sessions.note_judge(session.id, grades)
    search.listener.note(grades.summary)
    return grades


def grade_finalists(
    caller: Caller, judge: Judge, finalists: Sequence[Finalist], examples: Sequence[Example]
) -> JudgeGrades:
    """Grade each finalist's outputs on the first `judge.outputs` examples.

    A finalist without a grade for each output is not dropped. A judge that cannot be called drops
    none.
    """
    examples = examples[: judge.outputs]
    try:
        grades = [_grade(caller, judge, finalist, examples) for finalist in finalists]
    except ModelError as error:
        text = f"The judge {judge.model} did not answer, so no variant was dropped: {error.message}"
        return JudgeGrades(judge.model, judge.threshold, (None,) * len(finalists), 0, text)
    dropped = sum(grade is not None and grade < judge.threshold for grade in grades)
    ungraded = sum(grade is None for grade in grades)
    text = (
        f"The judge {judge.model} dropped {dropped} of {len(grades)} variants (grades "
        f"{', '.join(map(_grade_text, grades))}; below {judge.threshold:g} is dropped)."
    )
    if ungraded:
        text += f" It could not grade all outputs of {ungraded} of them; these were not dropped."
    return JudgeGrades(judge.model, judge.threshold, tuple(grades), dropped, text)


def passed(grades: JudgeGrades | None, finalists: Sequence[Finalist]) -> list[Finalist]:
    """The finalists that the judge did not drop; all of them without a judge."""
    if grades is None:
        return list(finalists)
    return [
        finalist
        for finalist, grade in zip(finalists, grades.grades, strict=True)
        if grade is None or grade >= grades.threshold
    ]


def _grade(
    caller: Caller, judge: Judge, finalist: Finalist, examples: Sequence[Example]
) -> float | None:
    """The mean over the examples, in [0, 1]; `None` if one of the outputs was not graded."""
    grades: list[float] = []
    for example in examples:
        evaluation = caller.evaluate(finalist.prompt, example, "selection")
        if not isinstance(evaluation, EvaluationRecord):
            return None
        grade: float | None = 0.0  # An output that breaks the contract gets 0 without the judge.
        if evaluation.output is not None:
            request = grade_request(judge.rubric, example.inputs, evaluation.output)
            reply = caller.judge(judge.model, finalist.candidate.id, request)
            grade = read_grade(reply) if isinstance(reply, ModelReply) else None
        if grade is None:
            return None
        grades.append(grade)
    return sum(grades) / len(grades) if grades else None


def _grade_text(grade: float | None) -> str:
    return "none" if grade is None else f"{grade:.2f}"
