"""The benchmark of data finds its parts, and that of `check` agrees with exact probabilities."""

from __future__ import annotations

import argparse

import pytest

import bench_data
from data import check_gate

pytestmark = pytest.mark.slow


def test_every_part_can_be_run() -> None:
    assert "check_gate" in bench_data.parts()


def test_only_the_named_parts_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_gate, "ROWS", (100,))
    monkeypatch.setattr(check_gate, "RUNS", 200)
    report = bench_data.run(argparse.Namespace(only=["check_gate"]))
    assert "200 simulated" in report.table
    assert [bar.target for bar in report.bars] == ["<= 0.05"]


def test_the_simulation_finds_the_exact_probability(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_gate, "AGREEMENTS", (0.5,))
    share = check_gate.simulate(100, 0.10, 2000).count("worse") / 2000
    exact = check_gate.exact(check_gate.Case(100, 0.10, 0.5))
    assert abs(share - exact) < 4 * (exact * (1 - exact) / 2000) ** 0.5


def test_equal_prompts_fail_in_at_most_five_percent() -> None:
    for agreement in check_gate.AGREEMENTS:
        assert check_gate.exact(check_gate.Case(300, 0.0, agreement)) <= 0.05
        assert check_gate.exact(check_gate.Case(300, 0.10, agreement)) >= 0.78
