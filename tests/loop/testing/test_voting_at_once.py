"""A short run of the benchmark `voting`: real processes vote in one live test."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


def test_concurrent_processes_lose_no_vote_and_decide_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from bench_voting import measure, report

    measurement = measure(tmp_path, processes=4, seconds=60, limit=20, ballots=12)
    assert measurement.errors == ()
    assert (measurement.lost, measurement.doubled, measurement.decisions) == (0, 0, 1)
    assert measurement.acknowledged > 20 and measurement.late > 0 and measurement.refused > 0
    assert all(bar.holds for bar in report(measurement).bars)
