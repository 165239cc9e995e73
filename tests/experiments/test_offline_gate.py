import random
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import UsageError
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.gate_power import (
    advised_examples,
    examples_needed,
    gate_power,
    power_in_words,
)
from tinyarms.experiments.held_out_reuse import reuse
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES, gate_applies, paired_gate
from tinyarms.stats.binomial import exact_sign_test


def gate(wins: int, losses: int, both: int, finalists: int = 1) -> GateEvidence:
    pairs = [(False, True)] * wins + [(True, False)] * losses + [(True, True)] * both
    incumbent = {str(i): pair[0] for i, pair in enumerate(pairs)}
    challenger = {str(i): pair[1] for i, pair in enumerate(pairs)}
    return paired_gate(incumbent, challenger, finalists)


def test_a_gate_has_counts_and_accuracies() -> None:
    evidence = gate(wins=20, losses=5, both=75)
    assert (evidence.n, evidence.wins, evidence.losses) == (100, 20, 5)
    assert (evidence.before, evidence.after, evidence.gain) == (0.80, 0.95, 0.15)
    assert evidence.p == exact_sign_test(20, 5)
    assert evidence.passed


def test_the_finalists_share_alpha() -> None:
    """14 of 20: p = 0.0577; 15: 0.0207; 15 of 21: 0.0392."""
    assert not gate(14, 6, 80).passed
    assert gate(15, 6, 79).passed
    halved = gate(15, 6, 79, finalists=2)
    assert (halved.passed, halved.threshold) == (False, 0.025)
    assert gate(15, 5, 80, finalists=2).passed


@pytest.mark.parametrize(
    ("preset", "has_scorer", "test_examples", "applies"),
    [
        ("default", True, MIN_TEST_EXAMPLES, True),
        ("default", True, MIN_TEST_EXAMPLES - 1, False),
        ("default", False, MIN_TEST_EXAMPLES, False),
        ("original", True, MIN_TEST_EXAMPLES, False),
    ],
)
def test_when_the_gate_runs(
    preset: Literal["default", "original"], has_scorer: bool, test_examples: int, applies: bool
) -> None:
    assert gate_applies(preset, has_scorer, test_examples) is applies


def test_too_few_examples_never_pass() -> None:
    evidence = gate(wins=40, losses=0, both=59)
    assert (evidence.n, evidence.enough, evidence.passed) == (99, False, False)
    assert "99 examples are too few" in evidence.reason
    assert gate(wins=40, losses=0, both=60).passed


def test_only_examples_in_both_count() -> None:
    evidence = paired_gate({"x": False, "y": True}, {"y": True, "z": True}, finalists=1)
    assert (evidence.n, evidence.wins, evidence.losses, evidence.p) == (1, 0, 0, 1.0)


def test_without_common_examples_the_accuracies_are_none() -> None:
    evidence = paired_gate({}, {"z": True}, finalists=1)
    assert (evidence.before, evidence.after, evidence.gain) == (None, None, None)


def test_a_gate_without_finalists_is_an_error() -> None:
    with pytest.raises(UsageError, match="0 finalists"):
        paired_gate({}, {}, finalists=0)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=100, max_size=200))
def test_gain_is_the_difference_of_the_accuracies(pairs: list[tuple[bool, bool]]) -> None:
    incumbent = {str(i): pair[0] for i, pair in enumerate(pairs)}
    challenger = {str(i): pair[1] for i, pair in enumerate(pairs)}
    evidence = paired_gate(incumbent, challenger, finalists=1)
    assert evidence.before is not None
    assert evidence.after is not None
    assert evidence.gain == pytest.approx(evidence.after - evidence.before)
    swapped = paired_gate(challenger, incumbent, finalists=1)
    assert (swapped.wins, swapped.losses) == (evidence.losses, evidence.wins)
    assert not (evidence.passed and swapped.passed)


@pytest.mark.slow
def test_the_power_equals_the_share_of_simulated_gates_that_pass() -> None:
    """2,000 simulated gates at 150 examples, 0.60 to 0.75: within three standard errors."""
    rng = random.Random(4)
    passes = 0
    for _ in range(2000):
        incumbent = {str(i): rng.random() < 0.60 for i in range(150)}
        challenger = {str(i): rng.random() < 0.75 for i in range(150)}
        passes += paired_gate(incumbent, challenger, finalists=2).passed
    power = gate_power(150, 0.15, 2, before=0.60)
    assert abs(passes / 2000 - power) < 3 * (power * (1 - power) / 2000) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("gain", "power", "finalists"), [(0.2, 0.8, 1), (0.15, 0.9, 3)])
def test_examples_needed_is_the_smallest_number_with_the_power(
    gain: float, power: float, finalists: int
) -> None:
    n = examples_needed(gain, power, finalists)
    assert n is not None
    assert gate_power(n, gain, finalists) >= power
    assert all(gate_power(fewer, gain, finalists) < power for fewer in range(1, n))


@pytest.mark.slow
def test_more_finalists_or_a_small_gain_need_more_examples() -> None:
    assert examples_needed() == 443
    assert examples_needed(finalists=3) == 595
    assert (examples_needed(finalists=3, before=0.7) or 0) < 595
    # A gain that is not worth promoting is never evidence; a tiny one takes too many examples.
    assert examples_needed(0.05, least_gain=0.05) is None
    assert examples_needed(0.01) is None


def test_a_gain_that_is_too_small_to_promote_costs_power() -> None:
    assert gate_power(2000, 0.05, 1) > 0.85
    assert gate_power(2000, 0.05, 1, least_gain=0.05) == pytest.approx(0.5, abs=0.02)


def test_the_power_of_an_impossible_gain_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"0\.6 from an accuracy of 0\.5"):
        gate_power(100, 0.6, 1)


def test_a_fresh_test_set_is_not_reused() -> None:
    answer = reuse(gates=0, prompts=0, examples=200)
    assert (answer.family_error, answer.optimism) == (0, 0)
    assert "fresh" in answer.sentence


def test_every_gate_reuses_the_test_set() -> None:
    """3 gates at 5 %; √(ln 12 / 600) = 6.4 points."""
    answer = reuse(gates=3, prompts=12, examples=300)
    assert answer.family_error == pytest.approx(0.15)
    assert answer.optimism == pytest.approx(0.0644, abs=1e-4)
    assert answer.sentence == (
        "3 gates read the test set, 12 prompts in all: the probability that one passed by chance "
        "is at most 15%, and the best measured accuracy is up to 6.4 points too high on average."
    )
    assert reuse(10, 40, 300).sentence.endswith("hold out fresh examples.")
    assert reuse(30, 90, 300).family_error == 1


def test_optimism_bounds_the_excess_of_the_best_of_equal_prompts() -> None:
    """Twelve prompts, all 0.7, 100 examples, 300 times."""
    rng = np.random.default_rng(2)
    best = (rng.binomial(100, 0.7, size=(300, 12)) / 100).max(axis=1).mean() - 0.7
    assert 0.06 < best <= reuse(3, 12, 100).optimism


def test_the_power_of_a_gate_in_words() -> None:
    assert power_in_words(100, 1, 0.05, 0.05) == (
        "100 examples, which find a gain of 10 points with a probability of at least 36%; "
        "443 would find it with 90%"
    )
    assert power_in_words(443, 1, 0.05, 0.05).endswith("a probability of at least 90%")
    assert power_in_words(300, 2, 0.05, 0.10).startswith(
        "300 examples, which find a gain of 15 points"
    )
    # If only gains of more than 50 points are worth a promotion, there is no power to report.
    assert (power_in_words(100, 1, 0.05, 0.6), advised_examples(1, 0.05, 0.6)) == (
        "100 examples",
        None,
    )
    assert advised_examples(3, 0.05, 0.05) == 595
