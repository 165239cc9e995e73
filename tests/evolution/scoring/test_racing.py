from __future__ import annotations

import random

import pytest

from tinyarms.evolution.constants import RACE_ALPHA
from tinyarms.evolution.scoring.racing import is_beaten


def test_a_clear_race_ends_soon() -> None:
    weak, strong = [0.2] * 8, [0.9] * 8
    assert is_beaten(weak, strong)
    assert not is_beaten(strong, weak)
    assert not is_beaten(weak[:2], strong[:2])


def test_the_examples_own_difficulty_is_taken_out() -> None:
    rng = random.Random(0)
    difficulty = [rng.uniform(0.2, 0.8) for _ in range(40)]
    better = [d + 0.2 for d in difficulty]
    assert is_beaten(difficulty, better)
    assert not is_beaten(difficulty, rng.sample(better, len(better))[:5] + difficulty[5:])


@pytest.mark.slow
def test_equals_are_seldom_called_however_often_one_looks() -> None:
    wrong = 0
    for run in range(400):
        rng = random.Random(run)
        one = [float(rng.random() < 0.7) for _ in range(60)]
        other = [float(rng.random() < 0.7) for _ in range(60)]
        wrong += any(is_beaten(one[:n], other[:n]) for n in range(5, 61, 5))
    assert wrong <= RACE_ALPHA * 400
    assert wrong > 0
