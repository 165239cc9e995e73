from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.loop.place import BETTER, ENOUGH, SKILL, V1, WORSE, Place, text, write_examples
from tests.loop.steps import begin, create
from tinyarms.core.errors import ConfigError, ExperimentError, StoreError
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.tasks import run, task
from tinyarms.loop.testing.ballots import next_ballot, prepare_ballot
from tinyarms.loop.testing.live_session import load_live_test
from tinyarms.loop.testing.review import promote
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import AssignmentRecord, TaskRecord

SINGLE = "{experiment: {mode: single}}"


def single(place: Place, *prompts: Prompt, setting: str = SINGLE) -> Context:
    place.setting(setting)
    return begin(place, *prompts)


def assigned(context: Context) -> list[AssignmentRecord]:
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
        assert session is not None
        return work.experiments.assignments(session.id)


def letters(context: Context) -> dict[str, str]:
    return {variant.id: variant.letter for variant in results(context, SKILL).variants}


def put_outcomes(context: Context, rates: dict[str, tuple[int, int]], start: int = 0) -> None:
    """Tasks as `run` stores them, many in one unit of work: letter → (successes, tasks)."""
    by_letter = {letter: variant_id for variant_id, letter in letters(context).items()}
    probabilities = {by_letter[letter]: 1 / len(rates) for letter in rates}
    [session_id] = {results(context, SKILL).session_id}
    rounds = max(n for _, n in rates.values())
    with context.store.unit_of_work() as work:
        for number in range(rounds):
            for letter, (successes, n) in rates.items():
                if number >= n:
                    continue
                task_id = f"made-{start + number}-{letter}"
                work.experiments.add_assignment(
                    AssignmentRecord(
                        id=task_id,
                        session_id=session_id,
                        task_id=task_id,
                        variant_id=by_letter[letter],
                        probability=1 / len(rates),
                        probabilities=probabilities,
                        created_at=context.clock(),
                    )
                )
                work.tasks.add(
                    TaskRecord(
                        id=task_id,
                        skill=SKILL,
                        inputs={"text": "hm"},
                        created_at=context.clock(),
                        prompt_version=None if letter else 1,
                        variant_id=by_letter[letter],
                        success=number * successes % n < successes,
                    )
                )


def look(context: Context) -> None:
    """One more feedback, and what it sets off in the background."""
    done = run(context, SKILL, {"text": text(7)})
    feedback(context, done.task_id, success=True)
    context.finish_background()


@pytest.mark.slow
def test_each_task_is_served_by_the_prompt_it_is_assigned_to(place: Place) -> None:
    context = single(place)
    done = [run(context, SKILL, {"text": text(8)}, task_id=f"t{n}") for n in range(40)]
    served = Counter(task.output for task in done)  # BETTER gets text 8 right, V1 does not
    given = assigned(context)
    assert len(given) == 40
    names = letters(context)
    by_arm = Counter(names[each.variant_id] for each in given)
    assert by_arm[""] == served["bad"] and by_arm["A"] == served["good"]
    assert 8 < by_arm["A"] < 32
    for each in given:
        assert sorted(each.probabilities.values()) == [0.5, 0.5] and each.probability == 0.5
    assert {task.prompt_version for task in done if task.output == "bad"} == {1}
    assert {task.prompt_version for task in done if task.output == "good"} == {None}
    assert all(task.ballot_id is None for task in done)


@pytest.mark.slow
def test_the_same_task_has_the_same_assignment_in_every_process(place: Place) -> None:
    context = single(place)
    first = [route_task(context, SKILL, f"t{n}").prompt for n in range(10)]
    assert {prompt.text for prompt in first} == {V1.text, BETTER.text}
    put_outcomes(context, {"": (12, 20), "A": (9, 20)})
    other = place.open()
    assert [route_task(other, SKILL, f"t{n}").prompt for n in range(10)] == first
    assert len([each for each in assigned(other) if each.task_id.startswith("t")]) == 10


@pytest.mark.slow
def test_an_application_with_a_model_of_its_own(place: Place) -> None:
    context = single(place)
    prompts = set()
    for number in range(12):
        with task(context, SKILL, task_id=f"t{number}") as running:
            prompts.add(running.prompt.text)
            turns = running.messages(text="hm")
            assert running.prompt.text in turns[0]["content"]
            running.finish({"text": "hm"}, "good")
    assert prompts == {V1.text, BETTER.text}
    with context.store.read() as work:
        served = [work.tasks.get(f"t{n}") for n in range(12)]
    ours = {each.task_id: each.variant_id for each in assigned(context)}
    assert [each and each.variant_id for each in served] == [ours[f"t{n}"] for n in range(12)]


@pytest.mark.slow
def test_outcomes_come_late_twice_and_before_their_task(place: Place) -> None:
    context = single(place)
    feedback(context, "t0", success=True)
    for number in range(3):
        run(context, SKILL, {"text": text(1)}, task_id=f"t{number}")
        place.moment.pass_(minutes=1)
    feedback(context, "t2", success=True, feedback_id="f")
    place.moment.pass_(minutes=1)
    feedback(context, "t1", success=False)
    feedback(context, "t2", success=True, feedback_id="f")
    place.moment.pass_(minutes=1)
    feedback(context, "t2", success=False)
    run(context, SKILL, {"text": text(1)}, task_id="t3")
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
        assert session is not None
        test = load_live_test(work, session)
    assert [outcome.success for outcome in test.outcomes] == [True, False, False, None]
    arms = {each.task_id: each.variant_id for each in assigned(context)}
    assert [outcome.shown[0] for outcome in test.outcomes] == [
        arms[task_id] for task_id in ("t0", "t2", "t1", "t3")
    ]
    assert test.votes == results(context, SKILL).votes == 3


@pytest.mark.slow
def test_one_users_flood_of_outcomes_stays_out_of_the_test(place: Place) -> None:
    context = single(place, setting="{experiment: {mode: single}, ab_testing: {min_tasks: 0}}")
    for number, user in enumerate(["ann", "ben", *["eve"] * 6]):
        run(context, SKILL, {"text": text(1)}, task_id=f"t{number}", user=user)
        feedback(context, f"t{number}", success=user != "eve")
    view = results(context, SKILL)
    assert (view.votes, view.excluded) == (5, {"over_cap": 3})


@pytest.mark.slow
def test_the_better_prompt_is_promoted_by_outcomes(place: Place) -> None:
    context = single(place, setting="{experiment: {mode: single}, holdback: 0}")
    put_outcomes(context, {"": (90, 150), "A": (135, 150)})
    look(context)
    view = results(context, SKILL)
    assert (view.result, view.winner, view.rule) == ("promoted", "A", "single_mode")
    assert "succeeds more often than the incumbent" in view.evidence
    done = run(context, SKILL, {"text": text(8)})
    assert (done.prompt_version, done.output) == (2, "good")


@pytest.mark.slow
def test_a_worse_challenger_is_dropped_and_the_incumbent_kept(place: Place) -> None:
    context = single(place, WORSE, BETTER)
    put_outcomes(context, {"": (63, 90), "A": (27, 90), "B": (63, 90)})
    names = letters(context)
    look(context)
    place.moment.pass_(seconds=3)
    run(context, SKILL, {"text": text(1)}, task_id="after")
    [after] = [each for each in assigned(context) if each.task_id == "after"]
    assert {names[variant_id] for variant_id in after.probabilities} == {"", "B"}
    put_outcomes(context, {"": (63, 90), "B": (20, 90)}, start=100)
    look(context)
    assert results(context, SKILL).result == "kept"


@pytest.mark.slow
def test_broken_routing_holds_the_decision_back(place: Place) -> None:
    context = single(place)
    by_letter = {letter: variant_id for variant_id, letter in letters(context).items()}
    put_outcomes(context, {"": (60, 100), "A": (270, 300)})
    assert by_letter
    look(context)
    view = results(context, SKILL)
    assert (view.status, view.result) == ("active", None)
    assert "the decision is suspended" in view.evidence


@pytest.mark.slow
def test_the_monitor_sees_the_incumbents_outcomes_only(place: Place) -> None:
    context = single(place)
    put_outcomes(context, {"": (16, 20), "A": (2, 20)})
    view = stats(context, SKILL)
    assert (view.successes, view.n) == (16, 20)
    assert "vote" not in view.next


@pytest.mark.slow
def test_a_test_that_ends_leaves_the_incumbent_alone(place: Place) -> None:
    context = single(place, setting="{experiment: {mode: single, max_duration_days: 2}}")
    place.moment.pass_(days=2)
    look(context)
    assert results(context, SKILL).result == "kept"
    assert route_task(context, SKILL, "later").variant is None


@pytest.mark.slow
def test_no_ballots_in_single_mode(place: Place) -> None:
    context = single(place)
    assert next_ballot(context, SKILL) is None
    with pytest.raises(ExperimentError, match="single mode"):
        prepare_ballot(context, SKILL, {"text": text(1)}, "t1")


@pytest.mark.slow
def test_the_offline_gate_comes_first(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    place.setting(SINGLE)
    context = place.open()
    made = create(place, context, BETTER, WORSE)
    assert [line.shown for line in made.gate.challengers] == [True, False]
    assert "Each task is served by one prompt" in made.gate.reason
    put_outcomes(context, {"": (90, 150), "A": (135, 150)})
    look(context)
    assert results(context, SKILL).winner == "A"


def test_the_original_preset_has_no_single_mode(place: Place) -> None:
    place.setting("{preset: original, experiment: {mode: single}}")
    with pytest.raises(ConfigError, match="original preset has no"):
        create(place, place.open(), BETTER)


@pytest.mark.slow
def test_a_promotion_elsewhere_is_seen_at_once(testing: Place) -> None:
    testing.setting("{holdback: 0}")
    context, other = testing.open(), testing.open()
    assert route_task(context, SKILL, "t1").prompt == V1
    promote(other, SKILL, "A")
    assert route_task(context, SKILL, "t2").prompt == BETTER


@pytest.mark.slow
def test_a_test_that_begins_elsewhere_is_seen_within_five_seconds(place: Place) -> None:
    context = place.open()
    assert route_task(context, SKILL, "t1").variant is None
    single(place)
    place.moment.pass_(seconds=5)
    assert route_task(context, SKILL, "t2").variant is not None


@pytest.mark.slow
def test_nothing_is_read_while_nothing_changes(
    testing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = testing.open()
    first = route_task(context, SKILL, "t1")
    monkeypatch.setattr(context.store, "read", None)
    assert route_task(context, SKILL, "t2") == first


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Another process writes and does not end."""
    code = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-S", "-c", code, str(place.root / "tinyarms.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            other.communicate()


@pytest.mark.slow
def test_a_task_does_not_wait_for_a_locked_database(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tinyarms.loop.serving.routing.PATIENCE_S", 0.02)
    monkeypatch.setattr("tinyarms.loop.serving.tasks.PATIENCE_S", 0.02)
    context = single(place)
    route_task(context, SKILL, "before")
    with locked(place):
        for number in range(8):
            done = run(context, SKILL, {"text": text(8)}, task_id=f"t{number}")
            assert (done.prompt_version, done.output) == (1, "bad")
    assert "tasks go on with version 1, outside of live tests" in caplog.text
    assert stats(context, SKILL).tasks == 8
    place.moment.pass_(seconds=3)
    assert route_task(context, SKILL, "after").variant is not None
    assert {each.task_id for each in assigned(context)} == {"before", "after"}
    assert results(context, SKILL).votes == 0
    feedback(context, "t3", success=True)
    assert stats(context, SKILL).n == 1
    assert results(context, SKILL).votes == 0


@pytest.mark.slow
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_task_goes_on_without_its_database(
    place: Place, asked_before: bool, caplog: pytest.LogCaptureFixture
) -> None:
    context = single(place)
    if asked_before:
        route_task(context, SKILL, "before")
        # A connection that has read all it needs into its cache would not notice.
        context.finish_background()
        context.store._engine.dispose()
    for suffix in ("", "-wal"):  # the -shm file is mapped into memory: cutting it kills readers
        (place.root / f"tinyarms.db{suffix}").write_bytes(b"no database " * 1000)
    for number in range(6):
        done = run(context, SKILL, {"text": text(8)}, task_id=f"t{number}")
        assert (done.prompt_version, done.output, done.ballot_id) == (1, "bad", None)
        with task(context, SKILL) as running:
            assert running.prompt == V1
    assert caplog.text.count("tasks go on with version 1") == 1
    with pytest.raises(StoreError):
        stats(context, SKILL)


@pytest.mark.slow
def test_the_task_of_an_assignment_that_was_served_outside_of_the_test_is_not_in_it(
    place: Place,
) -> None:
    context = single(place)
    route_task(context, SKILL, "t")
    with context.store.unit_of_work() as work:
        work.tasks.add(
            TaskRecord(
                id="t",
                skill=SKILL,
                inputs={},
                created_at=context.clock(),
                prompt_version=1,
                success=True,
            )
        )
    assert results(context, SKILL).votes == 0
