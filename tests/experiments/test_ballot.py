import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.errors import UsageError
from tinyarms.experiments.ballot import COMMANDS, LETTERS, make_ballot, within_weight

from .votes import ARMS, A, B, C


@given(st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_arm_is_behind_exactly_one_letter(size: int, rng: random.Random) -> None:
    shown = ARMS[:size]
    ballot = make_ballot("ballot", "task", shown, rng)
    assert ballot.letters == ("A", "B", "C", "D")[:size]
    assert {ballot.pick(letter) for letter in ballot.letters} == {arm.id for arm in shown}
    assert ballot.pick(" a ") == ballot.order[0]


def test_letters_do_not_reveal_the_variant() -> None:
    rng = random.Random(5)
    orders = Counter(make_ballot("ballot", "task", (A, B, C), rng).order for _ in range(600))
    assert len(orders) == 6
    assert min(orders.values()) > 60


@pytest.mark.parametrize("position", ["D", "", "AB", "1"])
def test_a_letter_off_the_ballot_is_refused(position: str) -> None:
    ballot = make_ballot("ballot-7", "task", (A, B, C), random.Random(1))
    with pytest.raises(UsageError, match=r"ballot-7.*A, B, C"):
        ballot.pick(position)


def test_no_option_is_called_like_a_command() -> None:
    assert LETTERS.startswith("ABC")
    assert not set(COMMANDS) & set(LETTERS)
    assert len(set(LETTERS)) == len(LETTERS) == 32


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 5))
def test_who_is_alone_is_not_held_back(own: int, others: int, ahead: int) -> None:
    assert within_weight(own, others, 1, ahead)


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
