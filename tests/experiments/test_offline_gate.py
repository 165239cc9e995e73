import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import UsageError
from tinyarms.experiments.offline_gate import GateEvidence, paired_gate
from tinyarms.stats.binomial import exact_sign_test


def gate(wins: int, losses: int, both: int, finalists: int = 1) -> GateEvidence:
    pairs = [(False, True)] * wins + [(True, False)] * losses + [(True, True)] * both
    before = {str(i): pair[0] for i, pair in enumerate(pairs)}
    after = {str(i): pair[1] for i, pair in enumerate(pairs)}
    return paired_gate(before, after, finalists)


def test_counts_and_accuracies() -> None:
    found = gate(wins=20, losses=5, both=75)
    assert (found.n, found.wins, found.losses) == (100, 20, 5)
    assert (found.before, found.after, found.gain) == (0.80, 0.95, 0.15)
    assert found.p == exact_sign_test(20, 5)
    assert found.passed


def test_alpha_is_shared_by_the_finalists() -> None:
    """14 of 20: p = 0.0577; 15: 0.0207; 15 of 21: 0.0392."""
    assert not gate(14, 6, 80).passed
    assert gate(15, 6, 79).passed
    halved = gate(15, 6, 79, finalists=2)
    assert (halved.passed, halved.threshold) == (False, 0.025)
    assert gate(15, 5, 80, finalists=2).passed


def test_too_few_examples_never_pass() -> None:
    found = gate(wins=40, losses=0, both=59)
    assert (found.n, found.enough, found.passed) == (99, False, False)
    assert "99 examples are too few" in found.reason
    assert gate(wins=40, losses=0, both=60).passed


def test_only_examples_in_both_count() -> None:
    found = paired_gate({"x": False, "y": True}, {"y": True, "z": True}, finalists=1)
    assert (found.n, found.wins, found.losses, found.p) == (1, 0, 0, 1.0)


def test_nothing_in_common_is_missing_not_zero() -> None:
    found = paired_gate({}, {"z": True}, finalists=1)
    assert (found.before, found.after, found.gain) == (None, None, None)


def test_there_must_be_finalists() -> None:
    with pytest.raises(UsageError, match="0 finalists"):
        paired_gate({}, {}, finalists=0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=100, max_size=200))
def test_gain_is_the_difference_of_the_accuracies(pairs: list[tuple[bool, bool]]) -> None:
    before = {str(i): pair[0] for i, pair in enumerate(pairs)}
    after = {str(i): pair[1] for i, pair in enumerate(pairs)}
    found = paired_gate(before, after, finalists=1)
    assert found.before is not None
    assert found.after is not None
    assert found.gain == pytest.approx(found.after - found.before)
    swapped = paired_gate(after, before, finalists=1)
    assert (swapped.wins, swapped.losses) == (found.losses, found.wins)
    assert not (found.passed and swapped.passed)
