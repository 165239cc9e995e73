"""The rollback benchmark's simulation agrees with the product's decisions and reports its bars."""

from __future__ import annotations

from itertools import pairwise

import pytest

import bench_rollback
from tinyarms.core.settings import EvolutionSettings
from tinyarms.release.holdback import holdback_rule

pytestmark = pytest.mark.slow


def test_worse_prompts_are_taken_back_sooner_the_worse_they_are() -> None:
    rule = holdback_rule(EvolutionSettings(), "default")
    assert rule is not None
    shares = []
    for new in (0.80, 0.70, 0.50):
        cell = bench_rollback.Cell("x", 0.80, new, 400)
        found = bench_rollback.simulate(rule, cell, 60, seed=1)
        assert len(found.taken_back) == 60
        shares.append(float((found.taken_back < float("inf")).mean()))
    assert all(low < high for low, high in pairwise(shares))


@pytest.mark.slow
def test_every_line_and_bar() -> None:
    report = bench_rollback.measure(20)
    assert len(report.table.splitlines()) == 16
    assert [bar.target for bar in report.bars] == [">= 0.90"] * 3 + ["<= 0.05"] * 3
