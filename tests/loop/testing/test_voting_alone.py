"""Users alone decide: the cap applies to each of several people, also while the others sleep.
A person who is the only user decides alone."""

from __future__ import annotations

import pytest

from tests.loop.place import NAMES_COUNT_AT_ONCE, SKILL, Place, contested, text
from tests.loop.steps import ask, begin, letter_of
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.asking import why_not_asked_of
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote

RULES = {
    "a limit": NAMES_COUNT_AT_ONCE,
    "no limit": "{ab_testing: {min_tasks: 0}, experiment: {open_ended: true}}",
    "original preset": "{ab_testing: {min_tasks: 0}, preset: original}",
}
"""Settings with which users alone decide."""


def cast(context: Context, number: int, user: str | None, variant: str = "A") -> VoteView:
    ballot = ask(context, number)
    return vote(context, ballot.id, letter_of(context, ballot, variant), user=user)


def run_tasks(place: Place, *users: str | None) -> None:
    """One task of each user, before the test begins."""
    context = place.open()
    for number, user in enumerate(users):
        run(context, SKILL, {"text": text(number)}, user=user)
    context.finish_background()


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_of_many_votes_while_the_others_sleep_two_count(place: Place, rule: str) -> None:
    place.setting(RULES[rule])
    run_tasks(place, "ann", "ben", "mal")
    place.moment.pass_(days=3)
    context = begin(place)
    views = [cast(context, number, "mal") for number in range(16)]
    assert [view.excluded for view in views] == [None] * 2 + ["over_cap"] * 14
    assert all(view.accepted for view in views)
    assert (views[-1].votes, views[-1].decision) == (2, None)


@pytest.mark.slow
def test_a_user_who_waits_for_the_others_is_told_and_asked_again(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 0, show_probability: 1}}")
    run_tasks(place, "ann", "mal")
    context = begin(place)
    for number in range(2):
        assert cast(context, number, "mal").counted
    ask(context, 2)
    assert next_ballot(context, SKILL, "mal") is None
    assert "would not count" in (why_not_asked_of(context, [SKILL], "mal") or "")
    inputs = {"text": text(contested(3))}
    assert run(context, SKILL, inputs, user="mal").ballot_id is None
    assert run(context, SKILL, inputs, user="ann").ballot_id is not None
    assert cast(context, 4, "ann").counted
    assert next_ballot(context, SKILL, "mal") is not None
    assert cast(context, 5, "mal").counted


@pytest.mark.slow
@pytest.mark.parametrize("user", ["ann", None])
def test_the_only_user_decides_alone(place: Place, user: str | None) -> None:
    run_tasks(place, *[user] * 5)
    context = begin(place)
    views = [cast(context, number, user) for number in range(14)]
    assert all(view.counted for view in views)
    assert (views[-1].decision, views[-1].promoted_version) == ("promote", 2)


@pytest.mark.slow
def test_a_named_voter_is_alone_among_tasks_without_a_name(place: Place) -> None:
    run_tasks(place, None, None)
    context = begin(place)
    assert all(cast(context, number, "ann").counted for number in range(14))


@pytest.mark.slow
def test_users_of_another_skill_cap_nobody(place: Place) -> None:
    context = place.open()
    run(context, "weather", {"text": text(0)}, user="ben")
    context.finish_background()
    context = begin(place)
    assert all(cast(context, number, "ann").counted for number in range(6))


@pytest.mark.slow
def test_a_user_is_alone_two_weeks_after_the_others(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 0, max_duration_days: 30}}")
    run_tasks(place, "ann")
    context = begin(place)
    assert [cast(context, number, "ben").counted for number in range(3)] == [True, True, False]
    place.moment.pass_(days=14)
    assert not cast(context, 3, "ben").counted
    place.moment.pass_(seconds=1)
    assert all(cast(context, number, "ben").counted for number in range(4, 10))
