"""Power cuts, and disks that are full, broken or only read, below a real process.

A preloaded shim records every write, sync and rename of a process that votes, gives feedback,
promotes and rolls back. From the record, the disks that a power cut at any point may leave are made
again: what was synced is there, and of the rest any part, in any order (`tests/broken_disks`). A
new process then opens the project: all that was acknowledged must be there, and database and files
must agree. For disks that fail, the shim lets all writes of a process fail from one of its writes
on, until they succeed again; the process goes on.

It needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import errno
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.broken_disks.scenes import Failed, failing_writes, make_place, power_cuts, record
from tests.broken_disks.shim import can_compile

from bars import Bar, table

STATES = 1_000
"""Number of power cuts."""
STORIES = 4
"""Number of recorded processes, each with its own order of votes, feedback and tasks."""
POINTS = 100
"""Number of points at which a disk begins to fail, for each way to fail."""
_LAST_POINT = 400
"""Writes of a process after which its disk may begin to fail; it makes some 500."""
_WAYS = {errno.ENOSPC: "full", errno.EIO: "broken", errno.EROFS: "only read"}
_KINDS = ("lost", "does not open")


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """All states and points. `--quick`: a tenth of them."""
    share = 10 if getattr(options, "quick", False) else 1
    return measure(STATES // share, POINTS // share)


def measure(states: int, points: int) -> tuple[list[str], list[Bar]]:
    """So many power cuts, and so many points for each way to fail."""
    if not can_compile():
        return ["It needs Linux and a C compiler."], [
            Bar("power cuts", None, f">= {states}", False)
        ]
    with tempfile.TemporaryDirectory() as name:
        place = make_place(Path(name))
        seen, kinds = 0, Counter[str]()
        for seed in range(STORIES):
            print(f"power, story {seed + 1} of {STORIES}", file=sys.stderr)
            made = record(place, seed)
            for found in power_cuts(made, place.folder, states // STORIES, seed):
                seen += 1
                kinds.update({_kind(each) for each in found})
                for each in found:
                    print(f"power, cut {seen}: {each}", file=sys.stderr)
        rows: list[tuple[object, ...]] = [("power cut", seen, sum(kinds.values()), "-", "-")]
        bars = [
            Bar("power cuts", seen, f">= {states}", seen >= states),
            _none("power cuts that lose what was acknowledged", kinds["lost"]),
            _none("power cuts after which the project does not open", kinds["does not open"]),
            _none("power cuts after which database and files differ", kinds["differ"]),
        ]
        for error, word in _WAYS.items():
            print(f"power, disk {word}", file=sys.stderr)
            chosen = random.Random(error).sample(range(_LAST_POINT), points)
            row, more = _failing(word, failing_writes(place, error, sorted(chosen)))
            rows.append(row)
            bars += more
    return [table(("disk", "points", "faults", "asked", "answered"), rows)], bars


def _failing(word: str, processes: Iterable[Failed]) -> tuple[tuple[object, ...], list[Bar]]:
    points = asked = answered = wrong = faults = 0
    for failed in processes:
        points += 1
        asked, answered = asked + failed.asked, answered + failed.answered
        wrong, faults = wrong + bool(failed.wrong), faults + bool(failed.faults)
        for each in (*failed.wrong, *failed.faults):
            print(f"power, disk {word}: {each}", file=sys.stderr)
    served = round(answered / asked, 4) if asked else 0.0
    bars = [
        Bar(f"disk {word}: share of tasks answered", served, "1", served == 1),
        _none(f"disk {word}: processes of {points} that do not recover unaided", wrong),
        _none(f"disk {word}: projects of {points} that lose or contradict something", faults),
    ]
    return (word, points, wrong + faults, asked, answered), bars


def _kind(fault: str) -> str:
    return next((kind for kind in _KINDS if fault.startswith(kind)), "differ")


def _none(name: str, count: int) -> Bar:
    return Bar(name, count, "= 0", count == 0)
