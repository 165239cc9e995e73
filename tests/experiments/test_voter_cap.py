from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.experiments.voter_cap import RECENT, outcome_counts, within_weight


@pytest.mark.slow
@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 5))
def test_who_is_alone_is_not_held_back(own: int, others: int, ahead: int) -> None:
    assert within_weight(own, others, 1, ahead)


@pytest.mark.slow
@given(st.lists(st.integers(0, 4), min_size=30, max_size=120), st.integers(1, 4))
def test_nobody_counts_more_than_the_others_average_and_a_little(
    users: list[int], ahead: int
) -> None:
    """Five take part, some of them silent. At his own last vote nobody was further ahead."""
    counted = [0] * 5
    for user in users:
        others = sum(counted) - counted[user]
        if within_weight(counted[user], others, 5, ahead):
            counted[user] += 1
            assert counted[user] < others / 4 + ahead + 1


def test_a_flood_counts_for_two_votes() -> None:
    assert [within_weight(own, 0, 10, 2) for own in range(4)] == [True, True, False, False]
    assert within_weight(2, 9, 10, 2) and not within_weight(3, 9, 10, 2)


def test_those_who_vote_in_turn_all_count() -> None:
    counted = [0] * 7
    for number in range(70):
        user = number % 7
        assert within_weight(counted[user], sum(counted) - counted[user], 7, 1)
        counted[user] += 1


@pytest.mark.slow
@given(
    st.integers(2, 8).flatmap(lambda n: st.lists(st.integers(1, n), min_size=30, max_size=120)),
    st.integers(1, 3),
)
def test_no_named_user_has_more_of_the_newest_outcomes_than_the_others_average_and_a_little(
    users: list[int], ahead: int
) -> None:
    """Whoever comes, and however often: measured whenever an outcome of the user counts."""
    newest = deque[str](maxlen=RECENT)
    for user in map(str, users):
        before = len({*newest} - {user})
        others = sum(each != user for each in newest)
        if outcome_counts(user, newest, ahead):
            own = newest.count(user) + 1
            assert before == 0 or own < others / before + ahead + 1
            newest.append(user)


def test_a_flood_of_outcomes_waits_for_the_others() -> None:
    newest = deque([str(number % 9) for number in range(RECENT)], maxlen=RECENT)
    counted = 0
    while outcome_counts("flood", newest, 2):
        newest.append("flood")
        counted += 1
    assert counted == 6
    newest.extend("012")
    assert not outcome_counts("flood", newest, 2)
    newest.extend("345678" * 6)
    assert outcome_counts("flood", newest, 2)


def test_alone_or_without_a_name_everything_counts() -> None:
    assert outcome_counts("ann", [], 1)
    assert outcome_counts("ann", ["ann"] * RECENT, 1)
    assert outcome_counts("", [""] * 39 + ["ann"], 1)
    assert not outcome_counts("ann", ["ann"] * 15 + [""] * 5, 1)
