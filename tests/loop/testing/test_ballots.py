from __future__ import annotations

import dataclasses

import pytest

from tests.loop.place import BETTER, SKILL, V1, Place, answer, text
from tests.loop.steps import ask, begin, pick
from tinyarms.core.errors import ExperimentError
from tinyarms.loop.testing.ballots import next_ballot, prepare_ballot
from tinyarms.loop.testing.votes import vote


def test_a_ballot_shows_outputs_and_hides_the_variants(testing: Place) -> None:
    context = testing.open()
    ask(context, 8)
    seen = next_ballot(context, SKILL)
    assert seen is not None
    assert (seen.inputs, seen.task_id) == ({"text": text(8)}, "task-8")
    assert [option.letter for option in seen.options] == ["A", "B"]
    assert sorted(option.output or "" for option in seen.options) == sorted(
        [answer(V1, 8), answer(BETTER, 8)]
    )
    assert (seen.votes_so_far, seen.votes_at_most) == (0, 50)
    with context.store.read() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        ids = [variant.id for variant in work.experiments.variants(session.id)]
    assert not any(variant_id in str(dataclasses.asdict(seen)) for variant_id in ids)


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
        prepare_ballot(context, SKILL, {"text": text(number)}, f"t{number}", user)
        testing.moment.pass_(minutes=1)
    bobs = next_ballot(context, SKILL, "bob")
    assert bobs is not None and bobs.task_id == "t1"
    vote(context, bobs.id, "A")
    then = next_ballot(context, SKILL, "bob")
    assert then is not None and then.task_id == "t2" and then.votes_so_far == 1
    anybody = next_ballot(context, SKILL)
    assert anybody is not None and anybody.task_id == "t0"


def test_there_are_no_ballots_without_a_test(place: Place) -> None:
    context = place.open()
    assert next_ballot(context, SKILL) is None
    with pytest.raises(ExperimentError, match="no evolution session"):
        ask(context, 1)


@pytest.mark.slow
def test_no_ballot_of_a_test_that_is_over_waits(testing: Place) -> None:
    context = testing.open()
    ask(context, 99)
    for number in range(6):
        pick(context, number, "A")
    assert next_ballot(context, SKILL) is None
    with pytest.raises(ExperimentError, match="no evolution session"):
        ask(context, 100)


def test_an_option_without_a_usable_output_is_an_option(place: Place) -> None:
    replies = place.root / "replies.jsonl"
    context = begin(place)
    replies.write_text(replies.read_text().replace('"text": "good"', '"text": "hm"'))
    ballot = ask(context, 8)
    assert {option.output for option in ballot.options} <= {"bad", None}
    assert None in {option.output for option in ballot.options}
