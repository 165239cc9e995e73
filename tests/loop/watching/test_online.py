"""A judge grades a sample of live tasks, and its grades are a signal of the monitor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.loop.place import BEGIN, SKILL, Place
from tests.models.conftest import Answer, Server, chat, refusal
from tinyarms.core.settings import Online
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.diagnosing.diagnose import diagnose
from tinyarms.loop.housekeeping.forget import forget
from tinyarms.loop.housekeeping.prune import prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.failures import failures
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.watching.check import monitor_once
from tinyarms.loop.watching.grade_tasks import PER_PASS, Graded, grade_tasks, is_sampled
from tinyarms.loop.watching.online_state import OnlineView
from tinyarms.store.db.records import FeedbackRecord, GradeRecord, TaskRecord

pytestmark = pytest.mark.slow
_MAIL = "jane.doe@example.com"


@pytest.fixture
def judge() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def judged_by(place: Place, **online: Any) -> Context:
    place.edit_config(lambda c: c["skills"][SKILL].update(online=online))
    return place.open()


def judged_by_model(place: Place, judge: Server, **online: Any) -> Context:
    def use(config: Any) -> None:
        config["models"]["grader"] = {"kind": "openai", "model": "big", "base_url": judge.url}
        config["skills"][SKILL]["online"] = {"judge": "grader", "share": 1.0, **online}

    place.edit_config(use)
    return place.open()


def add(context: Context, number: int, output: str | None = "good", **more: Any) -> TaskRecord:
    """A task some minutes after the beginning."""
    task = TaskRecord(
        id=f"t{number}",
        skill=SKILL,
        inputs={"text": f"comment {number}"},
        created_at=BEGIN + timedelta(minutes=number),
        prompt_version=1,
        output=output,
        violation=None if output else "'x' is no label",
    )
    with context.store.unit_of_work() as work:
        work.tasks.add(replace(task, **more))
    return task


def add_grades(context: Context, grades: list[bool], *, sampled: bool = True) -> None:
    online = context.skill(SKILL).online
    assert online is not None
    with context.store.unit_of_work() as work:
        for number, good in enumerate(grades):
            at = BEGIN + timedelta(seconds=number)
            work.grades.add(
                GradeRecord(
                    task_id=f"g{number}",
                    judge=online.key,
                    skill=SKILL,
                    prompt_version=1,
                    task_at=at,
                    graded_at=at,
                    sampled=sampled,
                    score=float(good),
                )
            )


def grades(context: Context) -> dict[str, GradeRecord]:
    online = context.skill(SKILL).online
    assert online is not None
    with context.store.read() as work:
        found = work.grades.since(SKILL, 1, online.key, BEGIN)
    return {grade.task_id: grade for grade in found}


def view(context: Context) -> OnlineView:
    found = stats(context, SKILL).online
    assert found is not None
    return found


def people_say(context: Context, outcomes: list[tuple[str, bool]]) -> None:
    """Graded tasks with outcomes by people: (output, success)."""
    for number, (output, success) in enumerate(outcomes):
        add(context, number, output, success=success, outcome_source="feedback")
    while grade_tasks(context, SKILL, 1).graded:
        pass


def test_the_sample_is_graded_once_and_what_broke_the_contract_needs_no_judge(
    place: Place,
) -> None:
    context = judged_by(place, scorer="regex", pattern="^good$", share=0.3)
    for number in range(60):
        add(context, number, ("good", "bad", None)[number % 3])
    sample = {f"t{n}": n for n in range(60) if is_sampled(f"t{n}", 0.3)}
    assert grade_tasks(context, SKILL, 1) == Graded(len(sample))
    found = grades(context)
    assert {task_id: grade.score for task_id, grade in found.items()} == {
        task_id: float(n % 3 == 0) for task_id, n in sample.items()
    }
    assert {grade.calls for task_id, grade in found.items() if sample[task_id] % 3 == 2} == {0}
    assert grade_tasks(context, SKILL, 1) == Graded(0)
    assert (view(context).n, view(context).standing) == (len(sample), "unchecked")


def test_a_fall_that_only_the_judge_sees_is_a_drop(place: Place) -> None:
    context = judged_by(place, scorer="regex", pattern="^good$")
    place.moment.pass_(hours=1)
    add_grades(context, [True] * 300)
    [check] = monitor_once(context, [SKILL])
    assert (check.triggered, check.health) == (False, "healthy")
    assert check.rules_in_use == ("drop", "floor", "judged")
    add_grades(context, [True] * 300 + [False] * 30)
    [check] = monitor_once(context, [SKILL])
    assert (check.triggered, check.reason) == (True, "drift")
    assert "judged bad 60.0%, at first 0.0%" in check.explanation
    thresholds = {r.rule: r.numbers["threshold"] for r in check.readings if r.rule == "judged"}
    assert thresholds == {"judged": 20_000}  # Half of the errors of one rule.


@pytest.mark.parametrize(("right", "counts"), [(True, True), (False, False)])
def test_a_judge_that_agrees_too_little_with_people_does_not_count(
    place: Place, right: bool, counts: bool
) -> None:
    context = judged_by(place, scorer="regex", pattern="^good$" if right else ".")
    people_say(context, [("good", True)] * 30 + [("bad", False)] * 10)
    place.moment.pass_(hours=1)
    found = view(context)
    assert (found.standing, found.pairs) == ("believed" if counts else "not_believed", 40)
    assert found.counts is counts and found.interval is not None
    [check] = monitor_once(context, [SKILL])
    assert ("judged" in check.rules_in_use) is counts
    said = "agrees with people on 40 of 40" if right else "which is too little: it does not count"
    [skill] = [each for each in daemon_status(context).skills if each.skill == SKILL]
    assert skill.judge is not None and said in skill.judge
    if right:
        return
    about = [f for f in diagnose(place.root, {}, calls=0).findings if f.check == "scorers"]
    assert [(f.level, said in f.what) for f in about] == [("warning", True)]


def test_tasks_with_feedback_are_compared_but_are_not_in_the_sample(place: Place) -> None:
    context = judged_by(place, scorer="regex", pattern="^good$", share=0.001)
    people_say(context, [("good", True)] * 5)
    place.moment.pass_(hours=1)
    assert [grade.sampled for grade in grades(context).values()] == [False] * 5
    assert (view(context).pairs, view(context).n) == (5, 0)


def test_a_model_grades_masked_texts_and_is_masked(place: Place, judge: Server) -> None:
    context = judged_by_model(place, judge)
    reply = json.dumps({"score": 2, "reason": f"Ask {_MAIL}."})
    judge.rule = lambda path, body: chat(reply)
    context.masks_for = lambda name: context.project.settings.privacy.mask  # type: ignore[method-assign]
    add(context, 1, inputs={"text": f"Write to {_MAIL}"})
    assert grade_tasks(context, SKILL, 1) == Graded(1)
    [(_, body)] = judge.seen
    assert _MAIL not in json.dumps(body) and "[email]" in json.dumps(body)
    [grade] = grades(context).values()
    assert (grade.score, grade.reason) == (0.25, "Ask [email].")
    [group] = failures(context, SKILL).groups
    [example] = group.examples
    assert (example.found_by, example.inputs) == ("judge", "text: Write to [email]")


@pytest.mark.parametrize(
    ("answer", "problem", "stored"),
    [
        (refusal(401), "401", 0),
        (refusal(400), "", 3),
        (chat("I like it."), "The judge gave no grade", 3),
    ],
)
def test_a_call_that_failed_is_no_grade(
    place: Place, judge: Server, answer: Answer, problem: str, stored: int
) -> None:
    context = judged_by_model(place, judge)
    judge.rule = lambda path, body: answer
    for number in range(3):
        add(context, number)
    done = grade_tasks(context, SKILL, 1)
    found = list(grades(context).values())
    assert (len(found), [grade.score for grade in found]) == (stored, [None] * stored)
    assert all(problem in (grade.problem or "") for grade in found)
    assert (done.stopped is None) == (stored > 0)
    assert view(context).n == 0 and view(context).not_graded == stored


def test_limits_and_quiet_hours_are_kept(place: Place, judge: Server) -> None:
    context = judged_by_model(place, judge, calls_per_day=2)
    judge.rule = lambda path, body: chat('{"score": 5, "reason": ""}')
    for number in range(5):
        add(context, number)
    assert grade_tasks(context, SKILL, 1) == Graded(2, "The limits of this day are reached.")
    assert grade_tasks(context, SKILL, 1).graded == 0
    place.setting('{quiet_hours: "00:00-23:59"}')
    place.moment.pass_(hours=20)
    context = place.open()
    assert grade_tasks(context, SKILL, 1) == Graded(0, "The quiet hours have begun.")
    place.setting("{}")
    dear = {"input": 10_000.0, "output": 10_000.0}
    place.edit_config(lambda c: c["models"]["grader"].update(prices=dear))
    place.edit_config(lambda c: c["skills"][SKILL]["online"].update(money_per_day=1.0))
    context = place.open()
    assert grade_tasks(context, SKILL, 1) == Graded(0, "The limits of this day are reached.")
    assert len(judge.seen) == 2


def test_one_pass_grades_so_many_and_the_daemon_makes_it(place: Place) -> None:
    context = judged_by(place, json_schema={"type": "string"}, share=1.0)
    for number in range(PER_PASS + 10):
        add(context, number, '"yes"' if number % 2 else "yes")
    Daemon(context, listener=SILENT, on_event=lambda event: None).tick()
    assert len(grades(context)) == PER_PASS
    Daemon(context, listener=SILENT, on_event=lambda event: None).tick()
    assert {grade.score for grade in grades(context).values()} == {0.0, 1.0}
    assert len(grades(context)) == PER_PASS + 10


def test_another_question_is_another_judge(place: Place) -> None:
    one = Online(judge="big", rubric="Is it kind?")
    assert one.key != Online(judge="big", rubric="Is it right?").key
    assert one.key == Online(judge="big", rubric="Is it kind?", share=0.5).key


def test_grades_are_forgotten_and_pruned_with_their_tasks(place: Place) -> None:
    context = judged_by(place, scorer="regex", pattern="good", share=1.0)
    add(context, 1, user="jane")
    add(context, 2)
    assert grade_tasks(context, SKILL, 1).graded == 2
    assert forget(context, "jane").deleted["task_grades"] == 1
    assert list(grades(context)) == ["t2"]
    with context.store.unit_of_work() as work:
        tasks = work.retention.tasks(SKILL, BEGIN + timedelta(days=1))
        work.retention.prune(tasks, ["t2"])
    assert grades(context) == {}


def test_the_tasks_of_the_baseline_of_each_judge_are_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyarms.loop.housekeeping.prune.FIRST", 2)
    monkeypatch.setattr("tinyarms.loop.housekeeping.prune.NEWEST", 2)
    context = judged_by(place, scorer="regex", pattern="good", share=1.0)
    active_version(context, SKILL)
    for number in range(8, 12):
        add(context, number)
    assert grade_tasks(context, SKILL, 1).graded == 4
    for number in (*range(8), *range(12, 20)):
        add(context, number)
    place.moment.pass_(days=800)
    assert prune(context).task_history == 12
    assert set(grades(context)) == {"t8", "t9", "t10", "t11"}
    with context.store.read() as work:
        left = [number for number in range(20) if work.tasks.get(f"t{number}") is not None]
    assert left == [0, 1, *range(8, 12), 18, 19]


def test_failures_are_grouped_and_shown_with_two_examples(place: Place) -> None:
    context = place.open()
    context.skill(SKILL)
    for number in range(30):
        add(context, number, success=True, outcome_source="feedback")
    for number in range(30, 38):
        inputs = {"text": f"refund {number} for {_MAIL}"}
        add(context, number, "bad", inputs=inputs, success=False, outcome_source="feedback")
    for number in range(38, 41):
        add(context, number, "bad", success=False, outcome_source="correction")
        with context.store.unit_of_work() as work:
            given = FeedbackRecord(
                id=f"f{number}", task_id=f"t{number}", created_at=BEGIN, correction="good"
            )
            work.feedback.add(given)
            work.feedback.settle(given.id, SKILL, None, "counted", BEGIN)
    for number in range(41, 43):
        add(context, number, None, success=False, outcome_source="feedback")
    place.moment.pass_(hours=2)
    found = failures(context, SKILL)
    assert (found.failures, found.successes) == (13, 30)
    assert [(group.kind, group.n, len(group.examples)) for group in found.groups] == [
        ("contract", 2, 2),
        ("confusion", 3, 2),
        ("word", 8, 2),
    ]
    assert found.groups[1].shared == "The output is bad where good is right"
    assert found.groups[1].examples[0].why == "Right is: good"
    assert 'the word "refund": 8 of 8' in found.groups[2].shared
    assert found.groups[2].examples[0].inputs == "text: refund 37 for [email]"
