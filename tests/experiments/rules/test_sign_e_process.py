import random
from datetime import timedelta

import numpy as np
import pytest

from tests.experiments.votes import INCUMBENT, START, A, B, outcome
from tinyarms.experiments.rule import Evidence
from tinyarms.experiments.rules.sign_e_process import SignEProcess, needed_e_value
from tinyarms.stats.e_process import sign_e_value

SHOWN = (INCUMBENT, A, B)


def assess(text: str, challengers: int = 2, days: float = 1) -> Evidence:
    arms = {"0": INCUMBENT, "a": A, "b": B}
    shown = SHOWN[: 1 + challengers]
    outcomes = [outcome(shown, arms[letter]) for letter in text]
    return SignEProcess().assess(shown, outcomes, START, START + timedelta(days=days))


def test_two_challengers_need_twice_the_e_value() -> None:
    assert (needed_e_value(1), needed_e_value(2)) == (20, 40)
    one = next(n for n in range(1, 50) if assess("a" * n, 1).state == "promote")
    two = next(n for n in range(1, 50) if assess("a" * n, 2).state == "promote")
    assert (one, two) == (10, 12)
    assert sign_e_value(9, 0) < 20 <= sign_e_value(10, 0)
    assert sign_e_value(11, 0) < 40 <= sign_e_value(12, 0)


def test_votes_for_the_other_challenger_do_not_change_a_duel() -> None:
    assert assess("b0" * 8 + "a" * 17).state == "go_on"
    assert assess("ab" * 11).state == "go_on"
    evidence = assess("ab" * 11 + "a")
    assert (evidence.state, evidence.arm, evidence.votes) == ("promote", A.id, 23)
    assert "12 votes to 0" in evidence.reason


def test_a_challenger_far_behind_is_eliminated() -> None:
    b_out = "0" * 4 + "a0" * 4 + "0" * 6  # b is at 0 to 14, a at 4 to 14
    assert assess(b_out).state == "go_on"
    later = assess(b_out + "b" * 60)
    assert (later.state, later.votes, later.statistics[B.id].lead) == ("go_on", 78, -12)
    assert assess("0" * 12).state == "keep"
    assert assess("0" * 11).state == "go_on"


def test_neither_days_nor_votes_end_the_test() -> None:
    level = assess("a0b" * 300, days=1000)
    assert (level.state, level.votes, level.votes_needed) == ("go_on", 900, None)
    assert "no limit" in level.reason


@pytest.mark.slow
def test_false_promotions_stay_under_5_percent_at_any_time() -> None:
    """Exact, 200 votes, one challenger, every vote for one of the two, 50:50."""
    mass, promoted = np.zeros((202, 202)), 0.0
    mass[0, 0] = 1.0
    for n in range(1, 201):
        next_mass = np.zeros_like(mass)
        next_mass[1:, :] += mass[:-1, :] / 2
        next_mass[:, 1:] += mass[:, :-1] / 2
        for wins in range(n + 1):
            if next_mass[wins, n - wins] and sign_e_value(wins, n - wins) >= needed_e_value(1):
                promoted += next_mass[wins, n - wins]
                next_mass[wins, n - wins] = 0
        mass = next_mass
    assert 0.02 < promoted < 0.05


@pytest.mark.slow
def test_a_challenger_that_users_clearly_prefer_is_promoted() -> None:
    rng = random.Random(3)
    tests = [assess("".join(rng.choices("0ab", (1, 3, 1), k=200))) for _ in range(40)]
    assert all(evidence.arm == A.id for evidence in tests)


def test_the_rule_takes_no_limits() -> None:
    with pytest.raises(TypeError):
        SignEProcess(50)  # type: ignore[call-arg]
