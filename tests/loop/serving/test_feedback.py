from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loop.place import OTHER, SKILL, V1, Place, answer, text
from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.skills.example import Example, assign_split
from tinyarms.store.db.records import TaskRecord


def stored(context: Context, task_id: str) -> TaskRecord:
    with context.store.read() as work:
        found = work.tasks.get(task_id)
    assert found is not None
    return found


def collected(context: Context, skill: str = SKILL) -> list[Example]:
    with context.store.read() as work:
        return [e for e in work.examples.all(skill) if e.origin == "collected"]


@pytest.mark.slow
def test_success_and_failure(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(1)})
    said = feedback(context, done.task_id, success=True)
    assert (said.known, said.success) == (True, True)
    assert stored(context, done.task_id).outcome_source == "feedback"
    feedback(context, done.task_id, success=False)
    assert stored(context, done.task_id).success is False
    assert collected(context) == []


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"success": "yes"}, {"correction": 3}])
def test_feedback_of_another_type_is_refused_by_name(place: Place, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(given))):
        feedback(place.open(), "t1", **given)


@pytest.mark.slow
def test_a_result_names_the_skill_of_its_task(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(1)})
    assert feedback(context, done.task_id, success=True).skill == SKILL
    assert feedback(context, "later", success=True).skill is None


@pytest.mark.slow
def test_feedback_sent_twice_counts_once(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(1)})
    feedback(context, done.task_id, success=True, feedback_id="f")
    feedback(context, done.task_id, success=False)
    feedback(context, done.task_id, success=True, feedback_id="f")
    assert stored(context, done.task_id).success is False


@pytest.mark.slow
def test_a_correction_is_a_failure_and_an_example(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(299)})
    said = feedback(context, done.task_id, correction=" Bad ")
    assert (said.known, said.success) == (True, False)
    task = stored(context, done.task_id)
    assert (task.success, task.outcome_source) == (False, "correction")
    [example] = collected(context)
    assert (example.inputs, example.expected) == ({"text": text(299)}, "bad")
    assert (example.split, assign_split(example.inputs)) == ("search", "test")
    feedback(context, done.task_id, correction="good")
    [changed] = collected(context)
    assert (changed.id, changed.split, changed.expected) == (example.id, example.split, "good")
    assert example.id in {e.id for e in context.examples(context.skill(SKILL).skill)}


@pytest.mark.slow
@pytest.mark.parametrize("sent_back", ["{}", " {} ", "{}\n"])
def test_the_output_sent_back_unchanged_says_that_it_was_right(
    place: Place, sent_back: str
) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(299)})
    assert done.output is not None
    given = sent_back.format(done.output.upper())
    for is_collected in (True, None):  # The second time it was sent before.
        result = feedback(context, done.task_id, correction=given, feedback_id="f")
        assert (result.success, result.collected, result.not_collected) == (
            True,
            is_collected,
            None,
        )
    assert stored(context, done.task_id).success is True
    assert [example.expected for example in collected(context)] == [done.output]


@pytest.mark.slow
def test_an_early_correction_that_is_the_output_says_that_it_was_right(place: Place) -> None:
    context = place.open()
    feedback(context, "later", correction=answer(V1, 298))
    run(context, SKILL, {"text": text(298)}, task_id="later")
    assert stored(context, "later").success is True


@pytest.mark.slow
def test_it_says_whether_a_correction_is_collected_and_why_not(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 2}}")
    context = place.open()

    def corrected(number: int, **options: str) -> tuple[bool | None, str | None]:
        done = run(context, SKILL, {"text": text(number)}, user=options.get("user"))
        right = "good" if done.output == "bad" else "bad"
        result = feedback(context, done.task_id, correction=right, **options)
        return result.collected, result.not_collected

    assert corrected(299) == (True, None)
    gold = "examples.jsonl has the answer to these inputs. Change it there if it is wrong."
    assert corrected(250) == (False, gold)
    few = "This user has run too few tasks. Run more first (ab_testing.min_tasks)."
    assert corrected(298, user="ann") == (False, few)
    (place.root / "examples.jsonl").write_text("{")
    broken = "examples.jsonl cannot be read. Mend it, and send the correction again."
    assert corrected(297) == (False, broken)


@pytest.mark.slow
def test_gold_is_not_corrected(place: Place) -> None:
    context = place.open()
    examples = context.examples(context.skill(SKILL).skill)
    done = run(context, SKILL, dict(examples[0].inputs))
    feedback(context, done.task_id, correction="good")
    assert collected(context) == []
    assert context.examples(context.skill(SKILL).skill) == examples


@pytest.mark.slow
def test_feedback_may_come_before_its_task(place: Place) -> None:
    context = place.open()
    said = feedback(context, "later", correction="bad")
    assert (said.known, said.success) == (False, False)
    run(context, SKILL, {"text": text(298)}, task_id="later")
    assert stored(context, "later").outcome_source == "correction"
    [example] = collected(context)
    assert example.expected == "bad"


@pytest.mark.slow
def test_an_early_correction_that_breaks_the_contract_is_a_failure_only(place: Place) -> None:
    context = place.open()
    feedback(context, "later", correction="superb")
    run(context, SKILL, {"text": text(298)}, task_id="later")
    assert stored(context, "later").success is False
    assert collected(context) == []


@pytest.mark.slow
def test_what_is_not_feedback(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(298)})
    with pytest.raises(UsageError, match="either success or correction"):
        feedback(context, done.task_id)
    with pytest.raises(UsageError, match="either success or correction"):
        feedback(context, done.task_id, success=True, correction="bad")
    with pytest.raises(UsageError, match="'superb' is none of: good, bad"):
        feedback(context, done.task_id, correction="superb", feedback_id="f")
    assert stored(context, done.task_id).success is None
    feedback(context, done.task_id, correction="bad", feedback_id="f")
    assert len(collected(context)) == 1


@pytest.mark.slow
def test_a_skill_without_a_file_learns_from_corrections(place: Place) -> None:
    def without_examples(config: Any) -> None:
        del config["skills"][OTHER]["examples"]

    place.edit_config(without_examples)
    context = place.open()
    assert context.examples(context.skill(OTHER).skill) == []
    done = run(context, OTHER, {"text": text(5)})
    feedback(context, done.task_id, correction="bad")
    assert context.examples(context.skill(OTHER).skill) == collected(context, OTHER) != []


def stream(context: Context, users: list[str], success: bool = True) -> list[bool | None]:
    """Tasks and feedback of these users; whether each counted."""
    found = []
    for user in users:
        done = run(context, SKILL, {"text": text(1)}, user=user)
        found.append(feedback(context, done.task_id, success=success).counted)
    return found


@pytest.mark.slow
def test_one_users_flood_of_outcomes_moves_little(place: Place) -> None:
    context = place.open()
    assert all(stream(context, [f"u{number % 9}" for number in range(45)]))
    flood = stream(context, ["eve"] * 40, success=False)
    assert flood == [True] * 6 + [False] * 34
    view = stats(context, SKILL)
    assert (view.n, view.failures, view.tasks, view.uncounted) == (51, 6, 85, 34)
    assert all(stream(context, ["u1", "u2"]))


@pytest.mark.slow
def test_what_does_not_count_is_kept_and_moves_nothing(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(298)}, user="ann")
    assert feedback(context, done.task_id, success=True).counted
    stream(context, ["bob"] * 3)
    other = run(context, SKILL, {"text": text(299)}, user="bob")
    assert feedback(context, other.task_id, correction="bad", feedback_id="c").counted is False
    assert feedback(context, other.task_id, correction="bad", feedback_id="c").counted is False
    assert feedback(context, done.task_id, success=False, user="bob").counted is False
    assert collected(context) == []
    assert stored(context, other.task_id).success is None
    assert stored(context, done.task_id).success is True
    with context.store.read() as work:
        [said] = work.feedback.of(other.task_id)
    assert (said.correction, said.user, said.standing) == ("bad", "bob", "over_cap")
    assert feedback(context, other.task_id, success=True, user="ann").counted
    assert stored(context, other.task_id).success is True


@pytest.mark.slow
def test_a_user_may_change_what_was_said_and_it_uses_up_nothing(place: Place) -> None:
    context = place.open()
    stream(context, ["ann", "bob", "bob"])
    done = run(context, SKILL, {"text": text(1)}, user="bob")
    assert feedback(context, done.task_id, success=True).counted
    for number in range(60):
        assert feedback(context, done.task_id, success=number % 2 == 0).counted
    assert stored(context, done.task_id).success is False
    assert stream(context, ["bob", "ann", "bob"]) == [False, True, True]


@pytest.mark.slow
def test_early_feedback_is_settled_when_its_task_comes(place: Place) -> None:
    context = place.open()
    stream(context, ["ann", "bob", "bob"])
    for number in range(3):
        early = feedback(context, f"t{number}", success=False, user="bob")
        assert (early.known, early.counted) == (False, None)
    for number in range(3):
        run(context, SKILL, {"text": text(1)}, task_id=f"t{number}")
    assert [stored(context, f"t{number}").success for number in range(3)] == [False, None, None]


@pytest.mark.slow
def test_alone_and_without_names_everything_counts(place: Place) -> None:
    context = place.open()
    assert all(stream(context, ["ann"] * 10))
    assert stream(context, ["bob"] * 3) == [True, True, True]
    assert stream(context, ["ann"]) == [False]
    assert all(stream(context, [""] * 5))
    place.moment.pass_(days=3, seconds=1)
    assert all(stream(context, ["ann"] * 5))


@pytest.mark.slow
def test_how_far_ahead_is_a_setting(place: Place) -> None:
    place.setting("{ab_testing: {max_votes_ahead: 40, min_tasks: 0}}")
    context = place.open()
    assert all(stream(context, ["ann", *["bob"] * 30]))


@pytest.mark.slow
def test_who_went_away_holds_nobody_back(place: Place) -> None:
    context = place.open()
    assert all(stream(context, ["anna"] * 40))
    assert all(stream(context, ["ben", "carl"] * 60))
    assert stats(context, SKILL).uncounted == 0


@pytest.mark.slow
def test_feedback_with_and_without_names_mixes_without_loss(place: Place) -> None:
    context = place.open()
    assert all(stream(context, [""] * 40))
    assert all(stream(context, ["ann"] * 60))
    assert all(stream(context, ["", "ann"] * 20))


@pytest.mark.slow
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(users=st.lists(st.sampled_from(["ann", "ben", "carl", ""]), min_size=25, max_size=50))
def test_nobody_is_told_that_a_skill_is_healthy_whose_newest_outcomes_do_not_count(
    new_project: Path, users: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        place = Place(Path(shutil.copytree(new_project, Path(folder) / "project")))
        context = place.open()
        found = []
        for user in users:
            place.moment.pass_(seconds=1)
            found += stream(context, [user])
        newest = found[-40:]
        view = stats(context, SKILL)
        if newest.count(False) * 3 > len(newest):
            assert view.status != "Healthy"
            assert f"{newest.count(False)} of the newest {len(newest)}" in view.status
        place.close()


@pytest.mark.slow
def test_a_flood_leaves_too_little_to_tell(place: Place) -> None:
    context = place.open()
    place.moment.pass_(minutes=1)
    assert stream(context, ["ann"] * 13) == [True] * 13
    place.moment.pass_(minutes=1)
    assert stream(context, ["ben"] * 40).count(False) == 25
    status = stats(context, SKILL).status
    assert status == "Too little to tell: 25 of the newest 40 outcomes do not count"


@pytest.mark.slow
def test_a_task_is_its_own_users_to_judge(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(1)}, user="alice")
    assert feedback(context, done.task_id, success=False, user="mallory").counted
    assert feedback(context, done.task_id, success=True, user="alice").counted
    said = feedback(context, done.task_id, success=False, user="mallory")
    assert (said.counted, said.uncounted) == (False, "opinion")
    assert stored(context, done.task_id).success is True
    assert feedback(context, done.task_id, success=False).counted
    assert stored(context, done.task_id).success is False


@pytest.mark.slow
def test_others_overturn_where_a_setting_says_so(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 0, others_overturn: true}}")
    context = place.open()
    done = run(context, SKILL, {"text": text(1)}, user="alice")
    assert feedback(context, done.task_id, success=True).counted
    assert feedback(context, done.task_id, success=False, user="bob").counted
    assert stored(context, done.task_id).success is False


@pytest.mark.slow
def test_others_do_not_overturn_what_the_scorer_says(place: Place) -> None:
    context = place.open()
    done = run(context, SKILL, {"text": text(1)}, user="alice", expected=answer(V1, 1))
    assert feedback(context, done.task_id, success=False, user="bob").uncounted == "opinion"
    assert stored(context, done.task_id).success is True
    assert feedback(context, done.task_id, success=False, user="alice").counted


@pytest.mark.slow
def test_a_new_name_counts_after_a_few_tasks_of_its_own(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 3}}")
    context = place.open()
    assert stream(context, ["ann", "", "ann", "ann", "ann"]) == [False, True, False, True, True]
    done = run(context, SKILL, {"text": text(1)}, user="bob")
    said = feedback(context, done.task_id, success=True)
    assert (said.counted, said.uncounted) == (False, "new_name")
    assert stored(context, done.task_id).success is None
    assert stats(context, SKILL).uncounted == 3


@pytest.mark.slow
def test_new_names_with_too_few_tasks_add_nothing(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 3}}")
    context = place.open()
    assert all(stream(context, [""] * 10))
    assert not any(stream(context, [f"new {n}" for n in range(20)] * 2, success=False))
    view = stats(context, SKILL)
    assert (view.n, view.failures) == (10, 0)
