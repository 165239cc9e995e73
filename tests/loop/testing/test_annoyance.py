from __future__ import annotations

import pytest

from tests.loop.place import Place
from tests.loop.steps import ask, begin
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.annoyance import (
    MIN_BALLOTS,
    Annoyance,
    annoyance,
    may_ask_annoyance,
    note_annoyance,
)
from tinyarms.loop.testing.votes import vote


@pytest.fixture
def voted(place: Place) -> Context:
    """Ann has answered enough ballots to be asked; Ben has answered one too few."""
    context = begin(place)
    for number, user in enumerate(["ann"] * MIN_BALLOTS + ["ben"] * (MIN_BALLOTS - 1)):
        vote(context, ask(context, number).id, None, user=user)
    return context


@pytest.mark.slow
def test_users_with_few_answered_ballots_are_not_asked(voted: Context) -> None:
    assert [may_ask_annoyance(voted, user) for user in ("ann", "ben", "eve")] == [
        True,
        False,
        False,
    ]
    # Whoever gives no name may be anybody who has voted.
    assert may_ask_annoyance(voted)


@pytest.mark.slow
def test_nobody_is_asked_twice_in_30_days(place: Place, voted: Context) -> None:
    for answer in (True, False, None):
        note_annoyance(voted, answer, "ann")
        assert not may_ask_annoyance(voted, "ann")
        place.moment.pass_(days=29)
        assert not may_ask_annoyance(voted, "ann")
        place.moment.pass_(days=1)
        assert may_ask_annoyance(voted, "ann")


@pytest.mark.slow
def test_each_user_has_their_own_month(voted: Context) -> None:
    note_annoyance(voted, False, "ann")
    assert may_ask_annoyance(voted)
    note_annoyance(voted, False)
    assert not may_ask_annoyance(voted)


def test_the_answers_of_90_days_are_counted(place: Place) -> None:
    with TinyArms(place.open()) as arms:
        assert arms.annoyance() == Annoyance(0, 0, None, 0.10)
        arms.note_annoyance(True, user="ann")
        place.moment.pass_(days=60)
        for user, annoyed in (("ann", False), ("ben", False), ("eve", None), (None, True)):
            arms.note_annoyance(annoyed, user=user)
        assert arms.annoyance() == Annoyance(2, 4, 0.5, 0.10)
        place.moment.pass_(days=31)
        assert annoyance(arms._context) == Annoyance(1, 3, 1 / 3, 0.10)
