"""Tasks with a known right output get their outcome from the skill's scorer."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import pytest

from tests.loop.place import BETTER, SKILL, TEST, V1, Place, answer, expected, text
from tests.loop.steps import create
from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run, task
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching.readings import known_outcomes
from tinyarms.store.db.records import TaskRecord

RIGHT, WRONG = 3, 7
"""Numbers of texts that the first prompt gets right and wrong."""


def stored(context: Context, task_id: str) -> TaskRecord:
    with context.store.read() as work:
        found = work.tasks.get(task_id)
    assert found is not None
    return found


def outcome(context: Context, task_id: str) -> tuple[bool | None, str | None]:
    found = stored(context, task_id)
    return found.success, found.outcome_source


def run_on(context: Context, number: int, **options: Any) -> str:
    return run(context, SKILL, {"text": text(number)}, **options).task_id


def rewrite_examples(place: Place, **changes: Any) -> None:
    path = place.root / "examples.jsonl"
    rows = [json.loads(line) | changes for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.slow
def test_a_task_with_the_inputs_of_a_gold_example_is_scored(place: Place) -> None:
    context = place.open()
    assert answer(V1, RIGHT) == expected(RIGHT) and answer(V1, WRONG) != expected(WRONG)
    assert outcome(context, run_on(context, TEST + RIGHT)) == (True, "scorer")
    assert outcome(context, run_on(context, TEST + WRONG)) == (False, "scorer")
    assert outcome(context, run_on(context, RIGHT)) == (None, None)


@pytest.mark.slow
def test_a_task_that_waits_to_be_stored_is_scored_before_the_project_is_closed(
    place: Place,
) -> None:
    (place.root / "slow_scorer.py").write_text(
        "import os, pathlib, time\n"
        "def score(example, output):\n"
        "    pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "    time.sleep(0.3)\n    return 1\n"
    )
    place.edit_config(lambda c: c["skills"][SKILL].update(scorer="slow_scorer:score"))
    context = place.open()
    task_id = run_on(context, TEST + RIGHT)
    context.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int((place.root / "pid").read_text()), 0)
    assert outcome(place.open(), task_id) == (True, "scorer")


@pytest.mark.slow
@pytest.mark.parametrize("split", ["search", "selection", "test"])
def test_every_split_is_a_known_answer(place: Place, split: str) -> None:
    rewrite_examples(place, split=split)
    context = place.open()
    assert outcome(context, run_on(context, TEST + RIGHT)) == (True, "scorer")


@pytest.mark.slow
def test_a_collected_example_is_no_known_answer(place: Place) -> None:
    rewrite_examples(place, origin="collected")
    context = place.open()
    assert outcome(context, run_on(context, TEST + RIGHT)) == (None, None)


@pytest.mark.slow
def test_one_of_several_right_answers_is_enough(place: Place) -> None:
    path = place.root / "examples.jsonl"
    other = {"id": "other", "inputs": {"text": text(TEST + WRONG)}, "expected": "good"}
    second = {**other, "id": "second", "expected": "bad"}
    path.write_text(path.read_text() + json.dumps(other) + "\n" + json.dumps(second) + "\n")
    context = place.open()
    assert outcome(context, run_on(context, TEST + WRONG)) == (True, "scorer")


@pytest.mark.slow
def test_examples_that_come_later_are_read(place: Place) -> None:
    context = place.open()
    assert outcome(context, run_on(context, RIGHT)) == (None, None)
    path = place.root / "examples.jsonl"
    row = {"inputs": {"text": text(RIGHT)}, "expected": expected(RIGHT)}
    path.write_text(path.read_text() + json.dumps(row) + "\n")
    assert outcome(context, run_on(context, RIGHT)) == (True, "scorer")


@pytest.mark.slow
def test_the_caller_may_know_the_right_output(place: Place) -> None:
    context = place.open()
    assert outcome(context, run_on(context, RIGHT, expected=expected(RIGHT))) == (True, "scorer")
    assert outcome(context, run_on(context, WRONG, expected=expected(WRONG))) == (False, "scorer")
    # What the caller says comes before what the examples say.
    done = run_on(context, TEST + RIGHT, expected=expected(RIGHT + 1))
    assert outcome(context, done) == (False, "scorer")


def test_an_application_with_its_own_model_may_know_it_too(place: Place) -> None:
    context, inputs = place.open(), {"text": text(RIGHT)}
    with task(context, SKILL) as one:
        one.finish(inputs, "Good", expected="good")
    assert outcome(context, one.id) == (True, "scorer")
    with task(context, SKILL) as broken:
        broken.finish(inputs, "no label", expected="good")
    assert outcome(context, broken.id) == (False, "scorer")


def test_an_expected_output_that_the_skill_cannot_give(place: Place) -> None:
    with pytest.raises(UsageError, match="is no output of feeling: 'fine' is none of"):
        run_on(place.open(), RIGHT, expected="fine")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scorer", "message"),
    [
        (None, "has no scorer to compare"),
        ({"name": "judge", "rubric": "Is it right?"}, r"is a model \(`judge`\)"),
    ],
)
def test_without_a_scorer_that_asks_no_model(place: Place, scorer: Any, message: str) -> None:
    place.edit_config(lambda config: config["skills"][SKILL].update({"scorer": scorer}))
    context = place.open()
    with pytest.raises(UsageError, match=message):
        run_on(context, RIGHT, expected=expected(RIGHT))
    assert outcome(context, run_on(context, TEST + RIGHT)) == (None, None)


@pytest.mark.slow
def test_a_users_word_comes_before_the_scorers(place: Place) -> None:
    context = place.open()
    late = run_on(context, TEST + RIGHT)
    feedback(context, late, success=False, user="ann")
    assert outcome(context, late) == (False, "feedback")
    feedback(context, "early", correction="bad", user="ann")
    run_on(context, TEST + WRONG, task_id="early")
    assert outcome(context, "early") == (False, "correction")
    with context.store.read() as work:
        assert work.tasks.counts(SKILL, 1)[:3] == (2, 0, 2)


@pytest.mark.slow
def test_a_scorers_outcome_is_no_users_and_is_not_capped(place: Place) -> None:
    context = place.open()
    for number in range(10):
        run_on(context, TEST + number, user="ann")
    ben = run_on(context, 0, user="ben")
    feedback(context, ben, success=True)
    view = stats(context, SKILL)
    assert (view.n, view.uncounted) == (11, 0)


@pytest.mark.slow
def test_a_scorer_that_raises_leaves_the_outcome_unknown(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (place.root / "raising_scorer.py").write_text("def score(example, output):\n    return 1 / 0\n")
    monkeypatch.syspath_prepend(place.root)
    place.edit_config(
        lambda config: config["skills"][SKILL].update({"scorer": "raising_scorer:score"})
    )
    context = place.open()
    with caplog.at_level(logging.WARNING, "tinyarms"):
        done = run_on(context, TEST + RIGHT)
        assert outcome(context, done) == (None, None)
    assert (
        f"{SKILL}: the task {done} could not be scored: The scorer raised ZeroDivisionError"
        in caplog.text
    )


@pytest.mark.slow
def test_a_broken_examples_file_is_logged_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    (place.root / "examples.jsonl").write_text("{}\n")
    context = place.open()
    with caplog.at_level(logging.WARNING, "tinyarms"):
        assert outcome(context, run_on(context, TEST + RIGHT)) == (None, None)
        assert outcome(context, run_on(context, TEST + RIGHT)) == (None, None)
    assert caplog.text.count("could not be scored") == 1


@pytest.mark.slow
def test_the_monitor_and_no_signal_of_corrections_reads_it(place: Place) -> None:
    context = place.open()
    run_on(context, TEST + RIGHT)
    run_on(context, TEST + WRONG)
    with context.store.read() as work:
        assert sorted(success for success, _ in known_outcomes(work, SKILL, 1)) == [False, True]
        assert [
            seen.corrected for seen in work.tasks.first_and_newest(SKILL, 1, 9, 9, known=True)
        ] == [
            None,
            None,
        ]


@pytest.mark.slow
def test_single_mode_counts_it(place: Place) -> None:
    place.setting("{experiment: {mode: single}}")
    context = place.open()
    made = create(place, context, BETTER)
    for number in range(8):
        run_on(context, TEST + number)
    with context.store.read() as work:
        served = work.experiments.served(made.session_id)
    assert len(served) == 8
    assert all(each.success is not None and each.arrived_at is not None for each in served)


@pytest.mark.slow
def test_a_holdback_counts_it(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    create(place, context, BETTER)
    promote(context, SKILL, "A")
    for number in range(10):
        run_on(context, TEST + number)
    with context.store.read() as work:
        held = work.holdbacks.open(SKILL)
        assert held is not None
        assert len(work.holdbacks.outcomes(held.id, 100)) == 10
