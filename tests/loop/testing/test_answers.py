from __future__ import annotations

import cProfile
import random
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.loop.place import SKILL, Place, contested, text
from tests.loop.steps import ask, begin
from tinyarms.loop.housekeeping.forget import forget
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.ballots import open_test, prepare_ballot
from tinyarms.loop.testing.live_session import LiveTest
from tinyarms.loop.testing.votes import vote

WITHOUT_AN_END = (
    "{ab_testing: {show_probability: 1.0, min_tasks: 0, max_votes: 9999, max_votes_ahead: 9999}, "
    "experiment: {open_ended: true}}"
)


def read(context: Context, known: bool) -> LiveTest:
    with context.store.read() as work:
        test = open_test(work, SKILL, context.known_answers if known else None)
    assert test is not None
    return replace(test, answers=None)


@pytest.mark.slow
def test_answers_that_are_known_are_read_as_if_they_were_not(place: Place) -> None:
    place.setting(WITHOUT_AN_END)
    context, rng = begin(place), random.Random(3)
    ballots = [ask(context, number).id for number in range(30)]
    other = Place(place.root, place.moment).open()
    for number, ballot in enumerate(ballots):
        by, user = (context, other)[number % 2], f"user-{rng.randrange(4)}"
        choice = rng.choice(["A", "B", "none", None])
        vote(by, ballot, choice, vote_id=f"v{number}", user=user)
        place.moment.pass_(seconds=rng.choice([0, 1, -1]))
        if number in (10, 20):
            forget(by, f"user-{number // 10}")
        for each in (context, other):
            assert read(each, known=True) == read(each, known=False)
            known = each.known_answers[SKILL]
            with each.store.read() as work:
                since = place.moment()
                picks = work.experiments.picks_by_user(known.session_id, since, "user-3")
            assert known.picks_since(since, "user-3") == picks
    other.close()


@pytest.mark.slow
def test_votes_of_another_database_are_not_taken_for_the_known_ones(place: Place) -> None:
    place.setting(WITHOUT_AN_END)
    context = begin(place)
    ballots = [ask(context, number).id for number in range(4)]
    vote(context, ballots[0], "A", vote_id="v0", user="ann")
    place.close()
    shutil.copy(place.root / "tinyarms.db", place.root / "earlier")
    context = place.open()
    vote(context, ballots[1], "A", vote_id="v1", user="ann")
    known = dict(context.known_answers)
    place.close()
    (place.root / "earlier").rename(place.root / "tinyarms.db")
    context = place.open()
    vote(context, ballots[2], "B", vote_id="v2", user="bob")
    context.known_answers.update(known)  # as in a process that saw the database replaced
    assert read(context, known=True) == read(context, known=False)


@pytest.mark.slow
def test_a_vote_among_many_costs_as_much_as_one_among_few(place: Place) -> None:
    place.setting(WITHOUT_AN_END)
    context = begin(place)
    ballots = [
        prepare_ballot(context, SKILL, {"text": text(contested(n % 40))}, f"task-{n}").id
        for n in range(160)
    ]

    def cast(number: int) -> None:
        vote(context, ballots[number], "AB"[number % 2], vote_id=f"v{number}", user="ann")

    for number in range(20):
        cast(number)
    among_few = calls_of(lambda: cast(20))
    for number in range(21, 159):
        cast(number)
    assert calls_of(lambda: cast(159)) < 1.3 * among_few


def calls_of(job: Callable[[], object]) -> int:
    """How many functions the job calls."""
    profile = cProfile.Profile()
    profile.runcall(job)
    return sum(entry.callcount for entry in profile.getstats())
