"""The report of the benchmark `kills`; `end_to_end/test_kills_benchmark.py` has a short run."""

from __future__ import annotations

import pytest

import bench_kills

pytestmark = pytest.mark.slow


def test_a_command_that_ends_otherwise_breaks_its_bar() -> None:
    found = {("evolve", "clock"): (10, 0), ("vote", "files"): (10, 1), ("promote", "clock"): (5, 0)}
    bars = {bar.name.partition(",")[0]: bar for bar in bench_kills.report(found).bars}
    assert {name: bar.holds for name, bar in bars.items()} == {
        "evolve": True,
        "vote": False,
        "promote": True,
    }
    assert bars["vote"].value == 0.9
