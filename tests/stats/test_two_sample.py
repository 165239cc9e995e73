from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.stats.two_sample import STAKES, TwoSampleEvidence

shares = st.floats(0.05, 0.95)
rates = st.floats(0, 1)
histories = st.lists(st.tuples(st.booleans(), st.booleans(), shares), max_size=12)


def wealth(history: list[tuple[bool, bool, float]]) -> float:
    if not history:
        return 1.0
    ours, success, share = (np.array(column) for column in zip(*history, strict=True))
    return float(np.exp(TwoSampleEvidence().see(ours, success, share)[-1]))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(histories, shares, rates, rates)
def test_whatever_came_before_the_mean_does_not_grow_unless_the_challenger_is_better(
    history: list[tuple[bool, bool, float]], share: float, one: float, other: float
) -> None:
    theirs, ours = max(one, other), min(one, other)
    mean = 0.0
    for challenger, p_arm, rate in ((True, share, ours), (False, 1 - share, theirs)):
        for success, p_success in ((True, rate), (False, 1 - rate)):
            mean += p_arm * p_success * wealth([*history, (challenger, success, share)])
    before = wealth(history)
    assert mean <= before * (1 + 1e-9)
    if ours == theirs:
        assert mean == pytest.approx(before)


def test_it_is_the_mean_over_the_stakes_of_likelihood_ratios() -> None:
    # One outcome: m = ½, so the odds are e^(θ/2) and e^(−θ/2) at a share of ½.
    better = [1 / (1 + np.exp(-stake / 2)) for stake in STAKES]
    assert wealth([(True, True, 0.5)]) == pytest.approx(np.mean([q / 0.5 for q in better]))
    assert wealth([(False, True, 0.5)]) == pytest.approx(np.mean([(1 - q) / 0.5 for q in better]))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(histories.filter(bool), st.integers(0, 12))
def test_blocks_are_the_same_as_all_at_once(
    history: list[tuple[bool, bool, float]], cut: int
) -> None:
    ours, success, share = (np.array(column) for column in zip(*history, strict=True))
    at_once = TwoSampleEvidence().see(ours, success, share)
    blocks = TwoSampleEvidence()
    first = blocks.see(ours[:cut], success[:cut], share[:cut])
    second = blocks.see(ours[cut:], success[cut:], share[cut:])
    assert np.concatenate([first, second]) == pytest.approx(at_once)


def test_side_by_side_is_the_same_as_alone_and_strangers_change_nothing() -> None:
    rng = np.random.default_rng(5)
    ours, success = rng.random((3, 40)) < 0.5, rng.random((3, 40)) < 0.7
    counts = rng.random((3, 40)) < 0.6
    together = TwoSampleEvidence((3,))
    together.see(ours[:, :20], success[:, :20], np.full((3, 1), 0.4), counts[:, :20])
    together.select(np.array([2, 0]))
    found = together.see(ours[[2, 0], 20:], success[[2, 0], 20:], np.full((2, 1), 0.4),
                         counts[[2, 0], 20:])  # fmt: skip
    for row, which in enumerate((2, 0)):
        kept = counts[which]
        alone = TwoSampleEvidence().see(
            ours[which][kept], success[which][kept], np.full(kept.sum(), 0.4)
        )
        assert found[row, -1] == pytest.approx(alone[-1])


@pytest.mark.slow
def test_it_finds_ten_points_and_holds_its_bound() -> None:
    rng = np.random.default_rng(6)
    ours = rng.random((400, 1500)) < 0.5
    drift = 0.65 + 0.2 * np.sin(np.arange(1500) / 200)
    for gain, least, most in ((0.0, 0.0, 0.06), (0.1, 0.95, 1.0)):
        success = rng.random(ours.shape) < drift + gain * ours
        evidence = TwoSampleEvidence((400,)).see(ours, success, np.full((400, 1), 0.5))
        crossed = (evidence >= np.log(25)).any(axis=1).mean()
        assert least <= crossed <= most
