"""`speed`: the share of the model's own speed that a search reaches, and the use of the rest.

It runs one search for each of two example skills of a new project, with the embedded model and
`--calls` task calls (default 150). The model's own speed comes from llama.cpp's timings in the same
replies, so another program that takes a core slows both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from bars import Bar, Report, table
from tinyarms.loop.calling.speed import SpeedView
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.listener import Estimate, Progress
from tinyarms.loop.project.starter import init_project
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.models.embedded.pull import pull

SKILLS = ("audio-actions", "file-naming")
CALLS = 150
BAR = 0.75


def run(options: argparse.Namespace) -> Report:
    """A new project for each run, under `options.work`, without stored replies."""
    pull("smollm2:135m", lambda done, total: None)
    folder = options.work / "speed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    init_project(folder)
    found = {skill: _speed(folder, skill, options.calls or CALLS) for skill in SKILLS}
    head = ("skill", "calls", "seconds", "calls/s", "tokens/s", "model's", "ratio", "from cache")
    rows = [(skill, *_cells(speed)) for skill, speed in found.items()]
    bars = [
        Bar(f"share of the model's own speed, {skill}", ratio, f">= {BAR}", ratio >= BAR)
        for skill, speed in found.items()
        for ratio in [round(speed.ratio or 0.0, 3)]
    ]
    return Report(table(head, rows), tuple(bars))


def _speed(folder: Path, skill: str, calls: int) -> SpeedView:
    context = open_project(folder, {**os.environ, "TINYARMS_HOME": str(folder)})
    try:
        request = SearchRequest(
            skill=skill, variants=1, seed=1, budget=BudgetOverride(calls=calls), force=True
        )
        view = evolve(context, request, _Stderr(skill))
    finally:
        context.close()
    assert view.speed is not None
    return view.speed


def _cells(speed: SpeedView) -> tuple[object, ...]:
    return (
        speed.calls,
        f"{speed.seconds:.1f}",
        f"{speed.calls / speed.seconds:.1f}",
        f"{speed.tokens_per_second or 0:.0f}",
        f"{speed.raw_tokens_per_second or 0:.0f}",
        f"{speed.ratio or 0:.3f}",
        f"{speed.cached_share or 0:.0%}",
    )


class _Stderr:
    """Notes on stderr."""

    def __init__(self, skill: str) -> None:
        self._skill = skill

    def estimate(self, estimate: Estimate) -> None:
        self.note(f"at most {estimate.task_calls} task calls")

    def progress(self, progress: Progress) -> None:
        pass

    def note(self, text: str) -> None:
        print(f"{self._skill}: {text}", file=sys.stderr, flush=True)
