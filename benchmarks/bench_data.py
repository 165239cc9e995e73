"""`data`: imports, their throughput, broken files, `check`, and the online judge.

Each part is a file in `benchmarks/data` with `run(options)`, which returns the lines of its tables
and its bars. `--only check_gate,imports` runs some of them. All together take at most 25 minutes on
two cores.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

from bars import Bar, Report

_PARTS = Path(__file__).parent / "data"
MINUTES = 25
"""The longest that all parts may take on two cores."""


def parts() -> list[str]:
    """The names of the parts, in the order of the alphabet."""
    return sorted(path.stem for path in _PARTS.glob("*.py") if path.stem != "__init__")


def run(options: argparse.Namespace) -> Report:
    """The reports of all parts, or of those that `--only` names."""
    texts, bars = [], list[Bar]()
    began = perf_counter()
    names = options.only or parts()
    for name in names:
        start = perf_counter()
        lines, more = import_module(f"data.{name}").run(options)
        texts.append("\n".join([name.replace("_", " "), *lines]))
        bars += more
        print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
    minutes = (perf_counter() - began) / 60
    if not options.only:
        holds = minutes <= MINUTES
        bars.append(Bar("minutes of all parts", round(minutes, 1), f"<= {MINUTES}", holds))
    return Report("\n\n".join(texts), tuple(bars))
