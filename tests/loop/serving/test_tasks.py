from __future__ import annotations

import logging

import pytest

from tests.loop.place import (
    BETTER,
    OTHER,
    SKILL,
    TASKS,
    V1,
    Place,
    answer,
    contested,
    expected,
    text,
)
from tests.loop.steps import ask, begin
from tinyarms.core.errors import ModelUnavailable, UsageError
from tinyarms.core.ids import derived_random
from tinyarms.loop.serving.tasks import run, task
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.review import promote
from tinyarms.skills.prompt import Demonstration, Prompt

pytestmark = pytest.mark.usefixtures("patient_writer")


@pytest.mark.slow
def test_a_run_gives_the_output_and_is_remembered(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(3)}, user="ann")
    assert (done.output, done.violation) == (answer(V1, 3), None)
    assert (done.prompt_version, done.model, done.latency_ms) == (1, "small", 5.0)
    assert done.ballot_id is None
    with context.store.read() as work:
        stored = work.tasks.get(done.task_id)
    assert stored is not None
    assert (stored.inputs, stored.user, stored.success) == ({"text": text(3)}, "ann", None)
    assert (stored.prompt_tokens, stored.completion_tokens) == (20, 1)


@pytest.mark.slow
def test_a_task_sent_twice_is_run_once(place: Place) -> None:
    context = place.open()
    first = run(context, SKILL, {"text": text(1)}, task_id="mine")
    again = run(context, SKILL, {"text": "never recorded"}, task_id="mine")
    assert again == first
    with pytest.raises(UsageError, match="belongs to a task of feeling"):
        run(context, OTHER, {"text": text(1)}, task_id="mine")


@pytest.mark.slow
def test_an_output_that_breaks_the_contract(place: Place) -> None:
    replies = place.root / "replies.jsonl"
    replies.write_text(replies.read_text().replace('"text": "good"', '"text": "hm"'))
    done = run(place.open(), SKILL, {"text": text(2)})
    assert done.output is None
    assert done.violation == "'hm' is none of: good, bad."


@pytest.mark.parametrize(
    ("inputs", "message"),
    [({}, "lacks the input 'text'"), ({"text": "a", "mood": "b"}, "has no input 'mood'")],
)
def test_inputs_that_are_not_the_skills(place: Place, inputs: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(place.open(), SKILL, inputs)


@pytest.mark.slow
def test_a_model_that_does_not_answer_leaves_no_task(place: Place) -> None:
    context = place.open()
    with pytest.raises(ModelUnavailable):
        run(context, SKILL, {"text": "never recorded"})
    with context.store.read() as work:
        assert work.tasks.count(SKILL) == 0


@pytest.mark.slow
def test_a_share_of_the_tasks_asks_users(testing: Place) -> None:
    context = testing.open()
    numbers = [contested(n) for n in range(20)]
    done = [run(context, SKILL, {"text": text(n)}, task_id=f"t{n}") for n in numbers]
    assert [task.output for task in done] == [answer(V1, n) for n in numbers]
    asked = [task for task in done if task.ballot_id is not None]
    assert [task.task_id for task in asked] == [
        f"t{n}" for n in numbers if derived_random("show", f"t{n}").random() < 0.5
    ]
    assert 4 < len(asked) < 16
    context.close()
    again = testing.open()
    with again.store.read() as work:
        waiting = work.experiments.waiting(SKILL)
    assert {ballot.id for ballot in waiting} == {task.ballot_id for task in asked}
    assert run(again, SKILL, {"text": text(0)}, task_id=asked[0].task_id) == asked[0]


@pytest.mark.slow
def test_a_slow_moment_of_the_database_costs_no_ballot(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.setting("{ab_testing: {show_probability: 1}}")
    context = begin(place)
    run(context, SKILL, {"text": text(contested(0))}, task_id="first")
    context.finish_background()
    with monkeypatch.context() as slow:
        slow.setattr("tinyarms.loop.serving.task_ballots.PATIENCE_S", -1.0)
        run(context, SKILL, {"text": text(contested(1))}, task_id="late")
    context.finish_background()
    with context.store.read() as work:
        assert {ballot.task_id for ballot in work.experiments.waiting(SKILL)} == {"first", "late"}


@pytest.mark.slow
def test_a_task_on_which_all_outputs_are_the_same_asks_nobody_when_it_is_sent_again(
    place: Place,
) -> None:
    place.setting("{ab_testing: {show_probability: 1}}")
    context = begin(place)
    assert run(context, SKILL, {"text": text(0)}, task_id="alike").ballot_id is not None
    context.finish_background()
    assert run(context, SKILL, {"text": text(0)}, task_id="alike").ballot_id is None
    assert next_ballot(context, SKILL) is None


@pytest.mark.slow
def test_a_ballot_whose_process_died_over_it_is_made_when_its_task_is_sent_again(
    testing: Place,
) -> None:
    testing.setting("{ab_testing: {show_probability: 1}}")
    context = testing.open()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(context, "in_background", lambda *_: None)
        first = run(context, SKILL, {"text": text(7)}, task_id="mine")
    assert next_ballot(context, SKILL) is None
    assert run(context, SKILL, {"text": text(7)}, task_id="mine") == first
    context.finish_background()
    ballot = next_ballot(context, SKILL)
    assert ballot is not None
    assert ballot.id == first.ballot_id


@pytest.mark.slow
def test_no_more_ballots_wait_than_votes_are_needed(place: Place) -> None:
    place.setting("{ab_testing: {max_votes: 3, show_probability: 1}}")
    context = begin(place)
    for number in range(2):
        ask(context, number)
    assert run(context, SKILL, {"text": text(7)}).ballot_id is not None
    context.close()
    assert run(place.open(), SKILL, {"text": text(8)}).ballot_id is None


@pytest.mark.slow
def test_a_ballot_that_cannot_be_made_is_logged_and_harms_nobody(
    testing: Place, caplog: pytest.LogCaptureFixture
) -> None:
    lines = (testing.root / "replies.jsonl").read_text().splitlines(keepends=True)
    (testing.root / "replies.jsonl").write_text("".join(lines[: len(TASKS)]))  # V1's only
    context = testing.open()
    with caplog.at_level(logging.WARNING, "tinyarms"):
        done = [run(context, SKILL, {"text": text(n)}, task_id=f"t{n}") for n in range(8)]
        context.close()
    assert all(task.output for task in done)
    assert "no recorded reply" in caplog.text
    assert next_ballot(testing.open(), SKILL) is None


@pytest.mark.slow
def test_an_application_with_a_model_of_its_own(place: Place) -> None:
    shown = Prompt(V1.text, (Demonstration({"text": "nice"}, "good"),))
    place.prompt_file("skills/feeling.md", shown)
    context = place.open()
    with task(context, SKILL, task_id="mine", user="ann") as running:
        assert (running.id, running.prompt, running.version.number) == ("mine", shown, 1)
        turns = running.messages(text="awful")
        assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
        assert "awful" in turns[-1]["content"]
        done = running.finish({"text": "awful"}, " BAD ", latency_ms=12.0)
    assert (done.output, done.latency_ms, done.model) == ("bad", 12.0, None)
    with context.store.read() as work:
        stored = work.tasks.get("mine")
    assert stored is not None and (stored.user, stored.prompt_version) == ("ann", 1)


def test_an_application_that_fails_leaves_no_task(place: Place) -> None:
    context = place.open()
    with pytest.raises(ZeroDivisionError), task(context, SKILL) as running:
        running.messages(text=str(1 / 0))
    with task(context, SKILL) as running, pytest.raises(UsageError, match="lacks the input"):
        running.messages()
    with task(context, SKILL) as running:
        done = running.finish({"text": "hm"}, "unsure")
    assert done.output is None and "none of" in (done.violation or "")
    with context.store.read() as work:
        assert work.tasks.count(SKILL) == 1


@pytest.mark.slow
def test_after_a_promotion_the_new_prompt_runs(testing: Place) -> None:
    testing.setting("{holdback: 0}")
    context, other = testing.open(), testing.open()
    promote(context, SKILL, "A")
    for each in (context, other):
        done = run(each, SKILL, {"text": text(8)})
        assert (done.prompt_version, done.output) == (2, answer(BETTER, 8))
    assert answer(BETTER, 8) == expected(8) != answer(V1, 8)
