import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.votes import ARMS, A, B, C
from tinyarms.core.errors import UsageError
from tinyarms.experiments.ballot import COMMANDS, LETTERS, make_ballot


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
