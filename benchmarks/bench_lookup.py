"""`lookup`: the cost of getting the prompt for a task, in both modes.

In pick mode the answer comes from memory; in single mode the task's assignment is also stored, in
the project's SQLite file. Every 2 s both read the database again, which p99 may show.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from bars import Bar, Report, table
from served_project import SKILL, write_project
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.testing.create import create_variants
from tinyarms.store.project.files import write_atomically

LOOKUPS = 5000
BAR_MS = 1.0


def run(options: argparse.Namespace) -> Report:
    """The modes in turn, each in its own project with a live test."""
    rows: list[tuple[object, ...]] = []
    bars = []
    for mode in ("pick", "single"):
        times = _times(mode)
        middle, p99 = median(times), quantiles(times, n=100)[98]
        rows.append((mode, len(times), f"{middle:.3f}", f"{p99:.3f}", f"{max(times):.3f}"))
        bars.append(Bar(f"{mode}, median ms", round(middle, 3), "< 1", middle < BAR_MS))
        bars.append(Bar(f"{mode}, p99 ms", round(p99, 3), "reported", True))
    shown = table(("mode", "lookups", "median ms", "p99 ms", "most ms"), rows)
    return Report(shown, tuple(bars))


def _times(mode: str) -> list[float]:
    """Milliseconds of each lookup, after the first."""
    with tempfile.TemporaryDirectory() as folder:
        context = _project(Path(folder), mode)
        try:
            route_task(context, SKILL, "first")
            times = []
            for number in range(LOOKUPS):
                began = perf_counter()
                served = route_task(context, SKILL, f"task-{number}")
                times.append((perf_counter() - began) * 1000)
                assert (served.variant is not None) == (mode == "single")
            return times
        finally:
            context.close()


def _project(root: Path, mode: str) -> Context:
    write_project(root, {"experiment": {"mode": mode}})
    files = [root / "a.md", root / "b.md"]
    for number, file in enumerate(files):
        write_atomically(file, f"Is it good or bad ({number})?\n")
    context = open_project(root, {**os.environ, "TINYARMS_HOME": str(root)})
    create_variants(context, SKILL, files)
    return context
