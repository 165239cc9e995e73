"""The slopes trust evidence as far as it is right."""

from __future__ import annotations

import numpy as np

from tinyarms.memory.slopes import fit_slopes
from tinyarms.stats.arrays import Array


def evidence(right: float, number: int = 200) -> tuple[Array, Array, Array]:
    """Two kinds of evidence: the first is `right` for the right label, the second is chance."""
    rng = np.random.default_rng(5)
    label = rng.integers(0, 3, number)
    found = rng.normal(size=(number, 2, 3))
    found[np.arange(number), 0, label] += right
    return found, np.full((number, 3), -np.log(3)), label


def test_what_is_chance_is_hardly_trusted() -> None:
    words, runs = fit_slopes(*evidence(right=1.0))

    assert words > 0.6
    assert runs < 0.15


def test_what_is_too_sure_is_trusted_less() -> None:
    found, shares, label = evidence(right=1.0)

    once = fit_slopes(found, shares, label)
    tenfold = fit_slopes(found * [[10], [1]], shares, label)

    assert np.allclose(tenfold * [10, 1], once)


def test_a_few_examples_that_are_all_right_are_not_trusted_without_limit() -> None:
    words, _ = fit_slopes(*evidence(right=20.0, number=10))

    assert 0 < words < 1


def test_evidence_that_says_nothing_has_no_slope() -> None:
    found, shares, label = evidence(right=1.0)

    assert fit_slopes(found * 0, shares, label).tolist() == [0, 0]
