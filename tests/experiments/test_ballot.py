import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.votes import ARMS
from tinyarms.core.errors import UsageError
from tinyarms.experiments.ballot import COMMANDS, LETTERS, make_ballot

THREE = {"a": "bug", "b": "billing", "c": None}


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(["bug", "billing", None]), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_every_arm_has_one_letter_and_equal_outputs_share_one(
    outputs: list[str | None], rng: random.Random
) -> None:
    given_outputs = {arm.id: output for arm, output in zip(ARMS, outputs, strict=False)}
    ballot = make_ballot("ballot", "task", given_outputs, rng)
    assert ballot.letters == ("A", "B", "C")[: len(set(outputs))]
    assert ballot.has_choice == (len(set(outputs)) > 1)
    assert sorted(arm_id for option in ballot.options for arm_id in option) == sorted(given_outputs)
    by_option = [{given_outputs[arm_id] for arm_id in option} for option in ballot.options]
    assert all(len(option_outputs) == 1 for option_outputs in by_option)
    assert set.union(*by_option) == set(outputs)
    assert ballot.position(" a ") == 0


def test_letters_do_not_reveal_the_variant() -> None:
    rng = random.Random(5)
    orders = Counter(make_ballot("ballot", "task", THREE, rng).options for _ in range(600))
    assert len(orders) == 6
    assert min(orders.values()) > 60


def test_an_output_of_several_arms_does_not_come_first_more_often() -> None:
    """So users who always take the first option favour no output."""
    rng = random.Random(5)
    outputs = {"a": "bug", "b": "billing", "c": "bug", "d": "bug"}
    firsts = Counter(make_ballot("ballot", "task", outputs, rng).options[0] for _ in range(600))
    assert set(firsts) == {("a", "c", "d"), ("b",)}
    assert min(firsts.values()) > 250


@pytest.mark.parametrize("position", ["D", "", "AB", "1"])
def test_a_letter_that_is_not_on_the_ballot_is_refused(position: str) -> None:
    ballot = make_ballot("ballot-7", "task", THREE, random.Random(1))
    with pytest.raises(UsageError, match=r"ballot-7.*A, B, C"):
        ballot.position(position)


def test_no_letter_of_an_option_is_a_command() -> None:
    assert LETTERS.startswith("ABC")
    assert not set(COMMANDS) & set(LETTERS)
    assert len(set(LETTERS)) == len(LETTERS) == 32
