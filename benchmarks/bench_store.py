"""`store`: power cuts, disks that fail, damaged databases, and processes at once.

Each part is a file in `benchmarks/store` with `run(options)`, which returns the lines of its tables
and its bars. `--only power,mutated` runs some of them. The parts use the tools of the tests, which
must be installed (`make test-fast` does it). The parts that take an hour or more, which resume
where they stopped, run only if they are named: `postgres_kills` and `disks`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

from bars import Bar, Report

_PARTS = Path(__file__).parent / "store"
_LONG = ("disks", "postgres_kills")
"""The parts that run only if they are named."""

sys.path.insert(0, str(Path(__file__).parents[1]))


def parts() -> list[str]:
    """The names of the parts, in the order of the alphabet."""
    return sorted(path.stem for path in _PARTS.glob("*.py") if path.stem != "__init__")


def run(options: argparse.Namespace) -> Report:
    """The reports of all parts, or of those that `--only` names."""
    texts, bars = [], list[Bar]()
    for name in options.only or [name for name in parts() if name not in _LONG]:
        start = perf_counter()
        lines, more = import_module(f"store.{name}").run(options)
        texts.append("\n".join([name.replace("_", " "), *lines]))
        bars += more
        print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
    return Report("\n\n".join(texts), tuple(bars))
