"""`kills`: commands that are killed by SIGKILL at random moments and run again end the same.

The processes, commands and checks are those of the tests, which kill 10 times per case; so the
tests' tools must be installed (`make test-fast` does it). The benchmark runs the full counts, with
moments drawn by the clock and by the calls to the database and to files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bars import Bar, Report, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.kills import (
    MOMENTS,
    kill_and_run_again,
    live_test,
    make_scenes,
    moments,
    votes_of,
)
from tests.end_to_end.project import record_project
from tests.forks import Processes


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return report(measure(Path(folder)))


def measure(folder: Path, most: int | None = None) -> dict[tuple[str, str], tuple[int, int]]:
    """(command, way to draw the moment) → kills, and how many of them changed the end.

    `most`: the maximum of kills per case; without it, the full counts.
    """
    kills, failures = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    recorded = record_project(folder / "recorded")
    asked = live_test(recorded, folder / "asked")
    votes = votes_of(asked, folder / "votes")
    with Processes() as processes:
        scenes = make_scenes(recorded, asked, votes, processes, folder / "scenes")
        for number, (name, moment) in enumerate(moments(most)):
            case, place = (name, moment.kind), folder / f"kill-{number}"
            kills[case] += 1
            print(f"{name} {moment}", file=sys.stderr)
            try:
                kill_and_run_again(name, moment, scenes[name], processes, place)
            except AssertionError as error:
                failures[case] += 1
                print(f"{name} {moment} FAILS: {error}", file=sys.stderr)
    return {case: (kills[case], failures[case]) for case in kills}


def report(found: dict[tuple[str, str], tuple[int, int]]) -> Report:
    rows: list[tuple[object, ...]] = [
        (name, kind, kills, kills - failures) for (name, kind), (kills, failures) in found.items()
    ]
    bars = []
    for name in MOMENTS:
        kills = sum(n for (command, _), (n, _) in found.items() if command == name)
        failures = sum(n for (command, _), (_, n) in found.items() if command == name)
        same = round((kills - failures) / kills, 4)
        bars.append(Bar(f"{name}, share of {kills} kills with the same end", same, "1", same == 1))
    return Report(table(("command", "moments by", "kills", "same end"), rows), tuple(bars))
