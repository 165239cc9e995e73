"""The refresh benchmark's simulation agrees with the product's gate and reports its bars."""

from __future__ import annotations

import pytest

import bench_refresh

pytestmark = pytest.mark.slow


def test_the_simulation_finds_the_exact_probability() -> None:
    kind = bench_refresh.Kind("x", 0.0, 0.05)
    passed = bench_refresh.simulate(kind, 200, 4000, seed=1)
    exact = bench_refresh.non_inferiority_power(200, *kind.rates, 0.03, 0.05)
    assert abs(float(passed.mean()) - exact) < 4 * (exact * (1 - exact) / 4000) ** 0.5


def test_bars_of_a_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_refresh, "ROWS", (100,))
    monkeypatch.setattr(bench_refresh, "_rows_needed", lambda kind: 100)
    report = bench_refresh.measure(200)
    assert [bar.target for bar in report.bars] == [">= 0.80"] * 3 + ["<= 0.05"] * 3 + ["0"]
    assert all(bar.holds for bar in report.bars if bar.target != ">= 0.80")
    assert [bar.holds for bar in report.bars[:3]] == [True, False, False]
