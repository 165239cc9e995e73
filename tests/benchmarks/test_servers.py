"""A short run of the benchmark `servers`, and what its report says."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

import bench_servers
from bench_servers import Cell, Kill, Outcome

pytestmark = pytest.mark.slow

SHORT = [
    Cell("content null", "run", False),
    Cell("thoughts", "evolve", True),
    Cell("usage negative", "evolve", False),
    Cell("refuses sampling", "evolve", True),
    Cell("a stream cut off", "evolve", False),
    Cell("busy for a day", "gate", True),
    Cell("does not fit at times", "gate", False),
    Cell("an aborted text", "run", True),
    Cell("redirects elsewhere", "doctor", False),
]


def test_commands_work_or_name_a_remedy(tmp_path: Path) -> None:
    outcomes = [
        bench_servers.try_cell((tmp_path / str(number), cell)) for number, cell in enumerate(SHORT)
    ]
    assert [outcome.end for outcome in outcomes] == [
        *("named", "works", "works", "works", "named", "named", "works", "named", "named")
    ]
    assert not any(bench_servers._is_wrong(outcome) for outcome in outcomes), outcomes


@pytest.mark.parametrize("slots", bench_servers.SLOTS)
def test_sigint_ends_a_search_on_a_server_that_hangs(tmp_path: Path, slots: int) -> None:
    kill = bench_servers.kill_search(tmp_path, slots, random.Random(slots))
    assert (kill.code, kill.resumed) == (130, 0)
    assert "Traceback" not in kill.said
    assert kill.seconds < 10 * bench_servers.END_S


def test_what_goes_wrong_breaks_its_bar() -> None:
    good = Outcome(SHORT[0], "named", "tinyarms: no.", 0, "", "works")
    kill = Kill(4, 0.1, 130, "Stopped.", 0)

    def broken(outcome: Outcome, kill: Kill) -> list[str]:
        bars = bench_servers.report([outcome], [kill]).bars
        return [bar.name for bar in bars if not bar.holds and bar.name != "behaviours"]

    assert broken(good, kill) == []
    for changed, words in (
        (replace(good, end="unnamed"), "remedy"),
        (replace(good, end="traceback"), "tracebacks"),
        (replace(good, again="named"), "never end"),
        (replace(good, end="never"), "never end"),
        (replace(good, stored=1), "stored"),
        (replace(good, overshot="25 calls of 24"), "money"),
    ):
        (name,) = broken(changed, kill)
        assert words in name
    for late, words in (
        (replace(kill, seconds=2.1), "2 s"),
        (replace(kill, code=1), "code"),
        (replace(kill, resumed=1), "resumed"),
    ):
        (name,) = broken(good, late)
        assert words in name
