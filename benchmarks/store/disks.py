"""Disks that are full, broken or only read, below a real process: 100 points of each.

A preloaded shim (`tests/broken_disks`) lets all writes of a process fail from one of its writes on,
until they succeed again. The process runs tasks, gives feedback and votes meanwhile and afterwards:
all tasks must be answered, it must recover unaided, and nothing acknowledged may be lost. What came
of a point is noted below `--work`, and the point is not repeated with the same code: so a run that
was stopped goes on where it was. `--quick`: a tenth of the points.

It needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import errno
import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.broken_disks.scenes import Failed, failing_writes, make_place
from tests.broken_disks.shim import can_compile

from bars import Bar, table
from search.code_version import ROOT, code_hash
from search.progress import note

POINTS = 100
"""Number of points at which a disk begins to fail, for each way to fail."""
_LAST_POINT = 400
"""Writes of a process after which its disk may begin to fail; it makes some 500."""
_WAYS = {errno.ENOSPC: "full", errno.EIO: "broken", errno.EROFS: "only read"}
_Point = tuple[int, int]
"""The error, and after how many writes it begins."""


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The points that are not noted yet, and the sums of all."""
    points = POINTS // 10 if getattr(options, "quick", False) else POINTS
    return measure(options.work / "store", points)


def measure(work: Path, points: int) -> tuple[list[str], list[Bar]]:
    """So many points for each way to fail."""
    if not can_compile():
        name = "disks that fail: points of each"
        return ["It needs Linux and a C compiler."], [Bar(name, None, f">= {points}", False)]
    planned = {
        error: sorted(random.Random(error).sample(range(_LAST_POINT), POINTS)[:points])
        for error in _WAYS
    }
    notes = noted_in(work)
    known = _noted(notes)
    left = {error: [p for p in all_ if (error, p) not in known] for error, all_ in planned.items()}
    if any(left.values()):
        work.mkdir(parents=True, exist_ok=True)
        _fail(left, notes)
    known = _noted(notes)
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    for error, word in _WAYS.items():
        found = [known[error, point] for point in planned[error]]
        row, more = _summed(word, found)
        rows.append(row)
        bars += more
    return [table(("disk", "points", "faults", "asked", "answered"), rows)], bars


def noted_in(work: Path) -> Path:
    """The file that has a line for each point with the present code."""
    return work / f"disks-{code_hash(ROOT / 'src')}.jsonl"


def _noted(notes: Path) -> dict[_Point, Failed]:
    if not notes.exists():
        return {}
    lines = map(json.loads, notes.read_text().splitlines())
    return {(error, point): Failed(**found) for error, point, found in lines}


def _fail(left: Mapping[int, Sequence[int]], notes: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = make_place(Path(name))
        for error, points in left.items():
            found = failing_writes(place, error, points)
            for count, (point, failed) in enumerate(zip(points, found, strict=True), 1):
                with notes.open("a") as file:
                    file.write(json.dumps([error, point, asdict(failed)]) + "\n")
                what = "; ".join((*failed.wrong, *failed.faults)) or "served and recovered"
                note(f"disk {_WAYS[error]}, {count} of {len(points)}, write {point}: {what}")


def _summed(word: str, found: Sequence[Failed]) -> tuple[tuple[object, ...], list[Bar]]:
    points, asked = len(found), sum(each.asked for each in found)
    answered = sum(each.answered for each in found)
    wrong, faults = sum(bool(each.wrong) for each in found), sum(bool(e.faults) for e in found)
    served = round(answered / asked, 4) if asked else 0.0
    bars = [
        Bar(f"disk {word}: share of tasks answered", served, "1", answered == asked > 0),
        _none(f"disk {word}: processes of {points} that do not recover unaided", wrong),
        _none(f"disk {word}: projects of {points} that lose or contradict something", faults),
    ]
    return (word, points, wrong + faults, asked, answered), bars


def _none(name: str, count: int) -> Bar:
    return Bar(name, count, "= 0", count == 0)
