"""A short run of the benchmark `kills`: its counts and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench_kills
from tests.end_to_end.kills import MOMENTS
from tests.every_point import SEEN_BY

pytestmark = pytest.mark.slow


def test_it_kills_in_every_case_and_every_command_ends_the_same(tmp_path: Path) -> None:
    release = "promote by hand"
    found = bench_kills.measure(tmp_path, most=1, scenarios=[release])
    assert found == {
        **{(name, kind): (1, 0) for name, kinds in MOMENTS.items() for kind in kinds},
        **{(release, f"each point, then {who}"): (1, 0) for who in SEEN_BY},
    }
    report = bench_kills.report(found)
    assert all(bar.holds for bar in report.bars)
    assert len(report.table.splitlines()) == 1 + len(found)


def test_a_command_that_ends_otherwise_breaks_its_bar() -> None:
    found = {("evolve", "clock"): (10, 0), ("vote", "files"): (10, 1), ("promote", "clock"): (5, 0)}
    bars = {bar.name.partition(",")[0]: bar for bar in bench_kills.report(found).bars}
    assert {name: bar.holds for name, bar in bars.items()} == {
        "evolve": True,
        "vote": False,
        "promote": True,
    }
    assert bars["vote"].value == 0.9
