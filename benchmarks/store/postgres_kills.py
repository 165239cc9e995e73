"""PostgreSQL: 200 kills each of `evolve`, `vote` and `promote`, in ten rounds.

Each round draws its moments by a seed of its own. What came of a kill is noted below `--work`, and
the kill is not repeated with the same code: so a run that was stopped goes on where it was.
`--quick`: one round.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.end_to_end.kills import (
    SEED,
    Moment,
    Scene,
    kill_and_run_again,
    live_test,
    moments,
    votes_of,
)
from tests.end_to_end.project import record_project
from tests.end_to_end.server_kills import MOMENTS, OnServer, on_server
from tests.postgresql import temporary_server

from bars import Bar, table
from search.code_version import ROOT, code_hash
from search.progress import note

ROUNDS = 10
_OF_A_ROUND = {
    command: {kind: count // ROUNDS for kind, count in kinds.items()}
    for command, kinds in MOMENTS.items()
}
_Place = tuple[int, int]
"""The number of a kill's round, and of the kill in it."""


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The kills that are not noted yet, and the sums of all."""
    rounds = 1 if getattr(options, "quick", False) else ROUNDS
    return measure(options.work / "store", range(rounds))


def measure(
    work: Path, rounds: Sequence[int], most: int | None = None
) -> tuple[list[str], list[Bar]]:
    """These rounds. `most`: the maximum of kills per round, command and way to kill."""
    kills, notes = planned(rounds, most), noted_in(work, most)
    left = {place: kill for place, kill in kills.items() if place not in _noted(notes)}
    if left:
        work.mkdir(parents=True, exist_ok=True)
        _kill(left, notes)
    done, changed = Counter[str](), Counter[str]()
    for place, fault in _noted(notes).items():
        if place in kills:
            done[kills[place][0]] += 1
            changed[kills[place][0]] += bool(fault)
    rows = [(each, done[each], done[each] - changed[each]) for each in MOMENTS if done[each]]
    bars = [
        Bar(
            f"PostgreSQL: {command}, share of {n} kills with the same end", same / n, "1", same == n
        )
        for command, n, same in rows
    ]
    return table(("command", "kills", "same end"), list(rows)).split("\n"), bars


def planned(rounds: Sequence[int], most: int | None = None) -> dict[_Place, tuple[str, Moment]]:
    """The kills of these rounds, the commands mixed: a run that is cut short has some of each."""
    kills = [
        ((number, place), kill)
        for number in rounds
        for place, kill in enumerate(moments(most, _OF_A_ROUND, SEED + number))
    ]
    return dict(random.Random(SEED).sample(kills, len(kills)))


def noted_in(work: Path, most: int | None = None) -> Path:
    """The file that has a line for each kill with the present code."""
    return work / f"postgres-kills-{code_hash(ROOT / 'src', more=(str(most),))}.jsonl"


def _noted(notes: Path) -> dict[_Place, str]:
    """What differed after each kill; empty: nothing."""
    if not notes.exists():
        return {}
    lines = map(json.loads, notes.read_text().splitlines())
    return {(number, place): fault for number, place, fault in lines}


def _kill(left: Mapping[_Place, tuple[str, Moment]], notes: Path) -> None:
    with tempfile.TemporaryDirectory() as name, _played(Path(name)) as (scenes, processes):
        for count, ((number, place), (command, moment)) in enumerate(left.items(), 1):
            began, fault = perf_counter(), ""
            folder = Path(name, "kills", f"{number}-{place}")
            try:
                kill_and_run_again(command, moment, scenes[command], processes, folder)
            except AssertionError as error:
                fault = str(error) or "It ends otherwise."
            with notes.open("a") as file:
                file.write(json.dumps([number, place, fault]) + "\n")
            seconds = perf_counter() - began
            what = f"{command}, {moment}: {fault or 'same end'}"
            note(f"kill {count} of {len(left)} ({seconds:.0f} s), round {number}, {what}")
            processes.drop()
            shutil.rmtree(folder)


@contextmanager
def _played(folder: Path) -> Iterator[tuple[dict[str, Scene], OnServer]]:
    with temporary_server() as server:
        note("kills: the commands, undisturbed")
        recorded = record_project(folder / "recorded")
        asked = live_test(recorded, folder / "asked")
        given = votes_of(asked, folder / "votes")
        with on_server(recorded, asked, given, server, folder / "server") as (scenes, processes):
            yield scenes, processes
            processes.__exit__(None, None, None)
