from __future__ import annotations

from collections import Counter

import pytest

from tests.loop.place import BETTER, OTHER, SKILL, V1, Place, text
from tests.loop.steps import begin, create
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import (
    WORSE,
    conclude_holdback,
    gets_reference,
    last_evolution,
)
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching.check import monitor_once
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import HoldbackRecord, HoldbackTaskRecord, TaskRecord


def promoted(place: Place, setting: str = "{}") -> Context:
    place.setting(setting)
    context = begin(place)
    promote(context, SKILL, "A")
    return context


def only(context: Context) -> HoldbackRecord:
    with context.store.read() as work:
        [found] = work.holdbacks.all(SKILL)
    return found


def put(context: Context, reference: tuple[int, int], new: tuple[int, int]) -> None:
    """Tasks as `run` stores them, many in one unit of work: (successes, tasks) of each prompt."""
    held = only(context)
    with context.store.unit_of_work() as work:
        for old, (successes, n) in ((True, reference), (False, new)):
            for number in range(n):
                task_id = f"made-{number}-{old}"
                work.holdbacks.add_task(
                    HoldbackTaskRecord(
                        holdback_id=held.id,
                        task_id=task_id,
                        reference=old,
                        share=0.2,
                        created_at=context.clock(),
                    )
                )
                work.tasks.add(
                    TaskRecord(
                        id=task_id,
                        skill=SKILL,
                        inputs={"text": "hm"},
                        created_at=context.clock(),
                        prompt_version=held.reference if old else held.version,
                        success=number * successes % n < successes,
                    )
                )


def look(context: Context) -> None:
    done = run(context, SKILL, {"text": text(7)}, task_id="look")
    feedback(context, done.task_id, success=True)
    context.finish_background()


@pytest.mark.slow
def test_a_share_of_the_tasks_stays_on_the_old_prompt(place: Place) -> None:
    context = promoted(place)
    done = [run(context, SKILL, {"text": text(8)}, task_id=f"t{n:02}") for n in range(60)]
    by_version = Counter(task.prompt_version for task in done)
    assert set(by_version) == {1, 2} and 4 <= by_version[1] <= 22
    assert {task.output for task in done if task.prompt_version == 1} == {"bad"}
    assert {task.output for task in done if task.prompt_version == 2} == {"good"}
    other = place.open()
    again = [route_task(other, SKILL, f"t{n:02}") for n in range(60)]
    assert [given.prompt_version for given in again] == [task.prompt_version for task in done]
    assert all(given.version.number == 2 for given in again)
    for task in done:
        feedback(context, task.task_id, success=True)
    with context.store.read() as work:
        logged = work.holdbacks.outcomes(only(context).id, 100)
    assert [each.reference for each in logged] == [task.prompt_version == 1 for task in done]
    assert {each.share for each in logged} == {0.2}


@pytest.mark.slow
def test_a_worse_prompt_is_rolled_back_by_itself(place: Place) -> None:
    context = promoted(place)
    put(context, (90, 100), (200, 400))
    place.moment.pass_(days=3)
    look(context)
    version = active_version(context, SKILL)
    assert (version.number, version.prompt, version.source) == (3, V1, "rollback")
    held = only(context)
    assert held.result == "rolled_back" and held.ended_at == place.moment.now
    assert held.reason is not None and "Succeeds less often" in held.reason
    assert held.new_n is not None and held.reference_n is not None
    # The check runs beside the task, so that its own outcome may come too late.
    assert held.new_n + held.reference_n in (500, 501)
    assert held.reference_successes in (90, 91)
    assert history(context, SKILL)[-1].reason == WORSE
    assert place.config()["skills"][SKILL]["prompt_version"] == 3
    assert route_task(context, SKILL, "next").holdback is None


@pytest.mark.slow
def test_then_the_cooldown_begins_anew(place: Place) -> None:
    context = promoted(place)
    put(context, (90, 100), (200, 400))
    place.moment.pass_(days=30)
    taken = conclude_holdback(context, SKILL)
    assert taken is not None and (taken.result, taken.restored_as) == ("rolled_back", 3)
    assert conclude_holdback(context, SKILL) is None
    with context.store.read() as work:
        assert last_evolution(work, SKILL) == place.moment.now
        assert last_evolution(work, OTHER) is None


@pytest.mark.slow
def test_the_monitor_waits_for_that_cooldown(place: Place) -> None:
    context = promoted(place, "{preset: original}")
    put(context, (0, 0), (0, 20))
    place.moment.pass_(days=30)
    assert conclude_holdback(context, SKILL) is not None
    for number in range(20):
        feedback(context, run(context, SKILL, {"text": text(number)}).task_id, success=False)
    [check] = monitor_once(context, [SKILL])
    assert not check.triggered and "cooldown" in check.explanation


@pytest.mark.slow
def test_a_better_prompt_ends_the_holdback(place: Place) -> None:
    context = promoted(place)
    put(context, (50, 100), (360, 400))
    look(context)
    assert only(context).result == "kept" and active_version(context, SKILL).number == 2
    assert {route_task(context, SKILL, f"n{n}").prompt_version for n in range(40)} == {2}


@pytest.mark.slow
def test_the_monitor_decides_too_when_the_time_is_up(place: Place) -> None:
    context = promoted(place)
    run(context, SKILL, {"text": text(8)})
    place.moment.pass_(days=61)
    monitor_once(context, [SKILL])
    held = only(context)
    assert held.result == "kept" and "Not credibly worse" in (held.reason or "")


@pytest.mark.slow
def test_the_old_prompts_outcomes_are_not_the_new_ones(place: Place) -> None:
    context = promoted(place)
    put(context, (16, 20), (18, 20))
    view = stats(context, SKILL)
    assert (view.prompt_version, view.successes, view.n) == (2, 18, 20)
    assert view.status == "Version 2 is new, compared with version 1"


@pytest.mark.slow
def test_without_a_share_all_tasks_get_the_new_prompt(place: Place) -> None:
    context = promoted(place, "{holdback: 0}")
    assert route_task(context, SKILL, "t").holdback is None
    with context.store.read() as work:
        assert work.holdbacks.all(SKILL) == []


@pytest.mark.slow
def test_original_preset_goes_by_its_threshold(place: Place) -> None:
    context = promoted(place, "{preset: original}")
    for number in range(20):
        done = run(context, SKILL, {"text": text(number)})
        assert done.prompt_version == 2
        feedback(context, done.task_id, success=number % 2 == 0)
        context.finish_background()
    held = only(context)
    assert held.result == "rolled_back" and held.reason is not None
    assert held.reason == "Accuracy 50.0% over 20 outcomes, below 70.0%."
    assert active_version(context, SKILL).prompt == V1


@pytest.mark.slow
@pytest.mark.parametrize("how", ["rollback", "edit"])
def test_a_person_ends_it(place: Place, how: str) -> None:
    context = promoted(place)
    if how == "rollback":
        rollback(context, SKILL)
    else:
        place.prompt_file("skills/feeling-v2.md", Prompt("My own words."))
        active_version(context, SKILL)
    held = only(context)
    assert held.result == "replaced" and held.reason is not None and "Version 3" in held.reason
    assert route_task(context, SKILL, "t").holdback is None


@pytest.mark.slow
def test_a_rolled_back_rollback_is_not_watched(place: Place) -> None:
    context = promoted(place)
    put(context, (90, 100), (200, 400))
    assert conclude_holdback(context, SKILL) is not None
    assert rollback(context, SKILL).version == 4
    assert active_version(context, SKILL).prompt == BETTER
    assert only(context).result == "rolled_back"


@pytest.mark.slow
def test_a_test_of_single_mode_goes_first(place: Place) -> None:
    context = promoted(place, "{experiment: {mode: single}}")
    assert route_task(context, SKILL, "t").holdback is not None
    create(place, context, V1)
    place.moment.pass_(seconds=3)
    given = route_task(context, SKILL, "t")
    assert given.holdback is None and given.variant is not None


@pytest.mark.slow
def test_feedback_that_comes_before_its_task_counts(place: Place) -> None:
    context = promoted(place)
    for number in range(40):
        feedback(context, f"t{number}", success=True)
        run(context, SKILL, {"text": text(8)}, task_id=f"t{number}")
    with context.store.read() as work:
        assert len(work.holdbacks.outcomes(only(context).id, 100)) == 40
        assert len(work.holdbacks.outcomes(only(context).id, 7)) == 7


@pytest.mark.slow
def test_where_tasks_of_one_prompt_are_lost_nothing_is_decided(place: Place) -> None:
    context = promoted(place)
    put(context, (90, 100), (100, 150))
    look(context)
    assert only(context).result is None
    view = stats(context, SKILL)
    assert view.status == "Version 2 is new, the comparison with version 1 is suspended"
    assert "served 100 of 251 tasks, not 20% of them" in view.next


@pytest.mark.slow
def test_outcomes_late_twice_early_out_of_order_or_never(place: Place) -> None:
    """Each task counts once, as it is now, from when it first was known."""
    context = promoted(place)
    feedback(context, "t0", success=True)
    for number in range(4):
        run(context, SKILL, {"text": text(8)}, task_id=f"t{number}")
        place.moment.pass_(minutes=1)
    feedback(context, "t2", success=False, feedback_id="f")
    place.moment.pass_(days=9)
    feedback(context, "t1", success=True)
    feedback(context, "t2", success=True)
    feedback(context, "t2", success=False, feedback_id="f")
    with context.store.read() as work:
        held = work.holdbacks.outcomes(only(context).id, 100)
        dealt = {id: gets_reference(only(context), id) for id in ("t0", "t1", "t2", "t3")}
    assert [each.success for each in held] == [True, True, True]
    assert [each.reference for each in held] == [dealt[id] for id in ("t0", "t2", "t1")]
    assert (only(context).tasks, only(context).reference_tasks) == (4, sum(dealt.values()))


@pytest.mark.slow
def test_the_original_rule_takes_outcomes_as_they_become_known(place: Place) -> None:
    """Twenty failures known first take it back, whatever is heard later of earlier tasks."""
    context = promoted(place, "{preset: original}")
    for number in range(40):
        run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
    for number in range(39, 19, -1):
        place.moment.pass_(seconds=1)
        feedback(context, f"t{number}", success=False)
    context.finish_background()
    assert only(context).result == "rolled_back"
    feedback(context, "t0", success=True)
    assert (only(context).new_n, active_version(context, SKILL).number) == (20, 3)
