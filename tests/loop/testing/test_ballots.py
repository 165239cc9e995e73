from __future__ import annotations

import dataclasses

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, Place, answer, contested, text
from tests.loop.steps import ask, begin, letter_of, pick
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.asking import end_snooze, snooze
from tinyarms.loop.testing.ballots import next_ballot, prepare_ballot
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.forecast import simulate
from tinyarms.loop.testing.votes import vote
from tinyarms.store.db.records import BallotRecord


@pytest.mark.slow
def test_a_ballot_shows_outputs_and_hides_the_variants(testing: Place) -> None:
    context = testing.open()
    ask(context, 8)
    number = contested(8)
    view = next_ballot(context, SKILL)
    assert view is not None
    assert (view.inputs, view.task_id) == ({"text": text(number)}, "task-8")
    assert [option.letter for option in view.options] == ["A", "B"]
    assert sorted(option.output or "" for option in view.options) == sorted(
        [answer(V1, number), answer(BETTER, number)]
    )
    assert (view.votes_so_far, view.votes_at_most) == (0, 50)
    with context.store.read() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        ids = [variant.id for variant in work.experiments.variants(session.id)]
    assert not any(variant_id in str(dataclasses.asdict(view)) for variant_id in ids)


@pytest.mark.slow
def test_a_task_has_one_ballot(testing: Place) -> None:
    context = testing.open()
    first, again = ask(context, 1), ask(context, 1)
    assert first == again
    with context.store.read() as work:
        assert len(work.experiments.ballots(first.session_id)) == 1
        assert len(work.experiments.assignments(first.session_id)) == 1


@pytest.mark.slow
def test_the_order_is_shuffled(testing: Place) -> None:
    context = testing.open()
    firsts = [ask(context, number).options[0].variant_id for number in range(30)]
    assert 5 < firsts.count(firsts[0]) < 25


@pytest.mark.slow
def test_the_oldest_waiting_ballot_of_the_user_comes_first(testing: Place) -> None:
    context = testing.open()
    for number, user in enumerate(["ann", "bob", None]):
        inputs = {"text": text(contested(number))}
        prepare_ballot(context, SKILL, inputs, f"t{number}", user)
        testing.moment.pass_(minutes=1)
    bobs = next_ballot(context, SKILL, "bob")
    assert bobs is not None and bobs.task_id == "t1"
    vote(context, bobs.id, "A")
    then = next_ballot(context, SKILL, "bob")
    assert then is not None and then.task_id == "t2" and then.votes_so_far == 1
    anybody = next_ballot(context, SKILL)
    assert anybody is not None and anybody.task_id == "t0"


def test_without_a_live_test_there_are_no_ballots(place: Place) -> None:
    context = place.open()
    assert next_ballot(context, SKILL) is None
    with pytest.raises(ExperimentError, match="no evolution session"):
        ask(context, 1)


@pytest.mark.slow
def test_ballots_of_an_ended_test_do_not_wait(testing: Place) -> None:
    context = testing.open()
    ask(context, 99)
    for number in range(6):
        pick(context, number, "A")
    assert next_ballot(context, SKILL) is None
    with pytest.raises(ExperimentError, match="no evolution session"):
        ask(context, 100)


@pytest.mark.slow
def test_an_unusable_output_is_an_option_too(place: Place) -> None:
    replies = place.root / "replies.jsonl"
    context = begin(place)
    replies.write_text(replies.read_text().replace('"text": "good"', '"text": "hm"'))
    ballot = ask(context, 8)
    assert {option.output for option in ballot.options} <= {"bad", None}
    assert None in {option.output for option in ballot.options}


def agree(context: Context, number: int) -> BallotRecord:
    """A task on which the prompt in production and the better one give the same output."""
    return prepare_ballot(context, SKILL, {"text": text(10 * number)}, f"agree-{number}")


@pytest.mark.slow
def test_nobody_is_asked_to_choose_between_equal_outputs(testing: Place) -> None:
    context = testing.open()
    alike = agree(context, 1)
    assert agree(context, 1) == alike
    assert not alike.has_choice and len(alike.options) == 2
    assert next_ballot(context, SKILL) is None
    for choice in ("A", "none", None):
        with pytest.raises(UsageError, match="has no choice"):
            vote(context, alike.id, choice)
    view = results(context, SKILL)
    assert (view.agreed, view.waiting, view.votes) == (1, 0, 0)
    assert [variant.asked for variant in view.variants] == [0, 0]
    with context.store.read() as work:
        assert work.experiments.assignments(alike.session_id) == []
    assert stats(context, SKILL).agreed == 1


@pytest.mark.slow
def test_equal_outputs_share_an_option_and_a_pick_counts_for_each_variant(
    place: Place,
) -> None:
    context = begin(place, ALIKE, BETTER)
    ballot = ask(context, 0)
    assert len(ballot.options) == 3
    ballot_view = next_ballot(context, SKILL)
    assert ballot_view is not None and [option.letter for option in ballot_view.options] == [
        "A",
        "B",
    ]
    assert len({option.output for option in ballot_view.options}) == 2
    assert letter_of(context, ballot, "A") == letter_of(context, ballot, "")
    pick(context, 0, "B")
    first = {v.letter: v for v in results(context, SKILL).variants}
    assert (first["A"].lead, first["B"].lead) == (0, 1)
    view = pick(context, 1, "A")
    both = {v.letter: v for v in results(context, SKILL).variants}
    assert [both[letter].votes for letter in ("", "A", "B")] == [1, 1, 1]
    assert (both["A"].lead, both["B"].lead) == (0, 0)
    assert [bar.share for bar in view.standings] == [0.5, 0.5]


@pytest.mark.slow
def test_the_days_of_a_test_run_from_the_first_ballot_with_a_choice(testing: Place) -> None:
    context = testing.open()
    agree(context, 1)
    testing.moment.pass_(days=6)
    ask(context, 1)
    testing.moment.pass_(days=6)
    assert results(context, SKILL).days_left == pytest.approx(1)
    assert conclude_due(context, SKILL) == []
    testing.moment.pass_(days=1)
    [ended] = conclude_due(context, SKILL)
    assert ended.action == "keep"


@pytest.mark.slow
def test_a_test_with_only_equal_outputs_ends_without_a_difference(
    testing: Place,
) -> None:
    context = testing.open()
    for number in range(3):
        agree(context, number)
    testing.moment.pass_(days=7)
    [ended] = conclude_due(context, SKILL)
    assert ended.action == "no_difference"
    assert "the same on all 3 tasks" in ended.reason


@pytest.mark.slow
def test_the_forecast_counts_only_ballots_that_can_be_answered(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1}}")
    context = begin(place)
    for number in range(60):
        run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
    context.finish_background()
    view = simulate(context, SKILL)
    assert view.choice_share == 18 / 60
    current = view.rules[0]
    assert current.limit == 50 and not current.limited_by_time
    place.moment.pass_(days=6)
    view = simulate(context, SKILL)
    assert view.tasks_per_day == 10
    assert view.rules[0].limit == int(7 * 10 * 0.3) and view.rules[0].limited_by_time


@pytest.mark.slow
def test_a_snooze_stops_questions_for_one_user_for_a_day(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1, min_tasks: 0}}")
    context = begin(place)
    ballot = ask(context, 0)
    until = snooze(context, "ann")
    assert next_ballot(context, SKILL, "ann") is None
    inputs = {"text": text(contested(1))}
    assert run(context, SKILL, inputs, user="ann").ballot_id is None
    assert run(context, SKILL, inputs, user="bob").ballot_id is not None
    assert next_ballot(context, SKILL, "bob") is not None
    place.moment.now = until
    waiting = next_ballot(context, SKILL, "ann")
    assert waiting is not None and waiting.id == ballot.id
    snooze(context, "ann")
    end_snooze(context, "ann")
    assert next_ballot(context, SKILL, "ann") is not None
