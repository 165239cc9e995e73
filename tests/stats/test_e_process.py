import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from tinyarms.core.errors import UsageError
from tinyarms.stats.e_process import sign_e_value

counts = st.integers(0, 200)
quick = settings(max_examples=40, deadline=None)


def test_no_observations_are_no_evidence() -> None:
    assert sign_e_value(0, 0) == pytest.approx(1)


@pytest.mark.slow
@quick
@given(st.integers(0, 30), st.integers(0, 30))
def test_it_is_the_mixture_it_says(wins: int, losses: int) -> None:
    def weighed(theta: float) -> float:
        return float(theta**wins * (1 - theta) ** losses * beta.pdf(theta, 5, 5))

    mixture = 2 * quad(weighed, 0.5, 1)[0] * 2.0 ** (wins + losses)
    assert sign_e_value(wins, losses) == pytest.approx(mixture, rel=1e-6)


@quick
@given(counts, counts)
def test_a_fair_vote_leaves_the_expected_evidence_as_it_is(wins: int, losses: int) -> None:
    """A martingale at θ = ½, and less below it, because a win never lowers the evidence."""
    win, loss = sign_e_value(wins + 1, losses), sign_e_value(wins, losses + 1)
    assert (win + loss) / 2 == pytest.approx(sign_e_value(wins, losses), rel=1e-9)
    assert win >= loss


def test_many_votes_do_not_overflow() -> None:
    assert sign_e_value(20_000, 0) > 1e300
    assert sign_e_value(0, 20_000) == 0


def test_counts_are_not_negative() -> None:
    with pytest.raises(UsageError, match="-1 wins"):
        sign_e_value(-1, 3)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 20, 101, 2000])
def test_without_more_wins_than_losses_there_is_no_evidence(n: int) -> None:
    """The rule leaves the integral out for these."""
    assert max(sign_e_value(wins, n - wins) for wins in range(n // 2 + 1)) <= 1.0
