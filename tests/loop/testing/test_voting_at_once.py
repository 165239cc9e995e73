"""A short run of the benchmark `voting`: real processes vote on one experiment."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


def test_processes_at_once_lose_nothing_and_decide_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from bench_voting import measure, report

    found = measure(tmp_path, processes=4, seconds=60, limit=20, ballots=12)
    assert found.errors == ()
    assert (found.lost, found.doubled, found.decisions) == (0, 0, 1)
    assert found.acknowledged > 20 and found.late > 0 and found.refused > 0
    assert all(bar.holds for bar in report(found).bars)
