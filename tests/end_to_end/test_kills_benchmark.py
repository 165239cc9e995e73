"""A short run of the benchmark `kills`: its counts and its report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.end_to_end.kills import MOMENTS, Scene
from tests.every_point import SEEN_BY
from tests.forks import Processes

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import bench_kills

pytestmark = pytest.mark.slow


def test_it_kills_in_every_case_and_every_command_ends_the_same(
    scenes: dict[str, Scene], processes: Processes, tmp_path: Path
) -> None:
    release = "promote by hand"
    found = bench_kills.measure(scenes, processes, tmp_path, most=1, scenarios=[release])
    assert found == {
        **{(name, kind): (1, 0) for name, kinds in MOMENTS.items() for kind in kinds},
        **{(release, f"each point, then {who}"): (1, 0) for who in SEEN_BY},
    }
    report = bench_kills.report(found)
    assert all(bar.holds for bar in report.bars)
    assert len(report.table.splitlines()) == 1 + len(found)
