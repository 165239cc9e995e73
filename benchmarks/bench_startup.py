"""`startup`: the time of `tinyarms --help` as a ratio to an empty Python program."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from bars import Bar, Report, table

RUNS = 15
BAR_SECONDS = 0.1
HELP = "tinyarms --help, median seconds"


def run(options: argparse.Namespace) -> Report:
    """Both commands in turn, so that both run under the same load."""
    empty = [sys.executable, "-c", "pass"]
    help_ = [str(Path(sys.executable).with_name("tinyarms")), "--help"]
    times: dict[str, list[float]] = {"python -c pass": [], "tinyarms --help": []}
    for _ in range(RUNS):
        for name, command in zip(times, (empty, help_), strict=True):
            began = perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name].append(perf_counter() - began)
    rows: list[tuple[object, ...]] = [
        (name, f"{min(t):.3f}", f"{median(t):.3f}", f"{max(t):.3f}") for name, t in times.items()
    ]
    base, ours = (median(t) for t in times.values())
    shown = table(("command", "least s", "median s", "most s"), rows)
    bars = (
        Bar(HELP, round(ours, 3), f"< {BAR_SECONDS}", ours < BAR_SECONDS),
        Bar("ratio to python -c pass", round(ours / base, 2), "reported", True),
    )
    return Report(f"{shown}\nratio of the medians: {ours / base:.2f}", bars)
