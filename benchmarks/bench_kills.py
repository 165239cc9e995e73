"""`kills`: commands that are killed by SIGKILL and run again end the same.

The processes, commands and checks are those of the tests, which kill 10 times per case; so the
tests' tools must be installed (`make test-fast` does it). The benchmark runs the full counts: at
moments drawn by the clock and by the calls to the database and to files; at each commit and each
file write of a scenario; and a hundred times in a year of `demo --year`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from bars import Bar, Report, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.kills import (
    Scene,
    kill_and_run_again,
    live_test,
    make_scenes,
    moments,
    votes_of,
)
from tests.end_to_end.project import record_project
from tests.end_to_end.story_kills import SERVER, assert_the_same, killed_stories, undisturbed
from tests.every_point import SCENARIOS, point_kills
from tests.forks import Processes

YEAR = "demo --year"
YEAR_KILLS = 100
Case = tuple[str, str]
"""The command, and how the moment of the kill is drawn."""
Kill = tuple[Case, str, Callable[[], object]]
"""Case, the moment in words, and the kill with its check, which raises `AssertionError`."""


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as name, Processes() as processes:
        folder = Path(name)
        recorded = record_project(folder / "recorded")
        asked = live_test(recorded, folder / "asked")
        votes = votes_of(asked, folder / "votes")
        scenes = make_scenes(recorded, asked, votes, processes, folder / "scenes")
        found = measure(scenes, processes, folder)
        return report({**found, (YEAR, "any"): measure_year(folder / "year", YEAR_KILLS)})


def measure(
    scenes: Mapping[str, Scene],
    processes: Processes,
    folder: Path,
    most: int | None = None,
    scenarios: Iterable[str] = SCENARIOS,
) -> dict[Case, tuple[int, int]]:
    """Case → kills, and how many of them changed the end; all but the year.

    `most`: the maximum of kills per case; without it, the full counts. `scenarios`: those that
    have a kill at each point.
    """
    kills, failures = Counter[Case](), Counter[Case]()
    for case, moment, kill in _kills(scenes, processes, folder, most, scenarios):
        kills[case] += 1
        print(f"{case[0]}, {moment}", file=sys.stderr)
        try:
            kill()
        except AssertionError as error:
            failures[case] += 1
            print(f"{case[0]}, {moment} FAILS: {error}", file=sys.stderr)
    return {case: (kills[case], failures[case]) for case in kills}


def _kills(
    scenes: Mapping[str, Scene],
    processes: Processes,
    folder: Path,
    most: int | None,
    scenarios: Iterable[str],
) -> Iterator[Kill]:
    for number, (name, moment) in enumerate(moments(most)):
        place = folder / f"kill-{number}"
        kill = partial(kill_and_run_again, name, moment, scenes[name], processes, place)
        yield (name, moment.kind), str(moment), kill
    for each in point_kills(folder / "points", processes, scenarios, most):
        yield (each.command, f"each point, then {each.seen_by}"), each.point, each.run


def measure_year(folder: Path, kills: int) -> tuple[int, int]:
    """Kills, and how many were in a year that ended otherwise."""
    done = failures = 0
    with Processes(SERVER) as processes:
        year = undisturbed(processes, folder / "undisturbed" / "demo")
        for killed in killed_stories(processes, year, folder, kills):
            done += killed.kills
            print(f"{YEAR}, {done} of {kills} kills", file=sys.stderr)
            try:
                assert_the_same(year, killed)
            except AssertionError as error:
                failures += killed.kills
                print(f"{YEAR} FAILS: {error}", file=sys.stderr)
    return done, failures


def report(found: dict[Case, tuple[int, int]]) -> Report:
    rows: list[tuple[object, ...]] = [
        (name, kind, kills, kills - failures) for (name, kind), (kills, failures) in found.items()
    ]
    bars = []
    for name in dict.fromkeys(name for name, _ in found):
        kills = sum(n for (command, _), (n, _) in found.items() if command == name)
        failures = sum(n for (command, _), (_, n) in found.items() if command == name)
        same = round((kills - failures) / kills, 4)
        bars.append(Bar(f"{name}, share of {kills} kills with the same end", same, "1", same == 1))
    return Report(table(("command", "moments by", "kills", "same end"), rows), tuple(bars))
