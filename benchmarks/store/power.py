"""Power cuts below a real process.

A preloaded shim records every write, sync and rename of a process that votes, gives feedback,
promotes and rolls back. From the record, the disks that a power cut at any point may leave are made
again: what was synced is there, and of the rest any part, in any order (`tests/broken_disks`). A
new process then opens the project: all that was acknowledged must be there, and database and files
must agree.

It needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.broken_disks.scenes import make_place, power_cuts, record
from tests.broken_disks.shim import can_compile

from bars import Bar, table

STATES = 1_000
"""Number of power cuts."""
STORIES = 4
"""Number of recorded processes, each with its own order of votes, feedback and tasks."""
_KINDS = ("lost", "does not open")


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """All states. `--quick`: a tenth of them."""
    return measure(STATES // 10 if getattr(options, "quick", False) else STATES)


def measure(states: int) -> tuple[list[str], list[Bar]]:
    """So many power cuts."""
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
        rows: list[tuple[object, ...]] = [("power cut", seen, sum(kinds.values()))]
        bars = [
            Bar("power cuts", seen, f">= {states}", seen >= states),
            _none("power cuts that lose what was acknowledged", kinds["lost"]),
            _none("power cuts after which the project does not open", kinds["does not open"]),
            _none("power cuts after which database and files differ", kinds["differ"]),
        ]
    return [table(("disk", "states", "faults"), rows)], bars


def _kind(fault: str) -> str:
    return next((kind for kind in _KINDS if fault.startswith(kind)), "differ")


def _none(name: str, count: int) -> Bar:
    return Bar(name, count, "= 0", count == 0)
