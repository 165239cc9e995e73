"""The one door to every benchmark: `python benchmarks/run.py NAME [--json] [--data DIR]`.

Progress goes to stderr, a table for people to stdout; `--json` adds one last line for programs.
It exits with 0 when the benchmark ran, whether its bars hold or not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bars import Bar, Report

BENCHMARKS = ("evolve", "startup")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    parser.add_argument("--data", type=Path, help="folder with sst2.tsv and its like")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(".bench"),
        help="where runs are kept, so that a long one resumes (default .bench)",
    )
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], Report] = import_module(f"bench_{options.name}").run
    report = run(options)
    print(report.table)
    for bar in report.bars:
        print(f"{'holds' if bar.holds else 'FAILS'}  {bar.name}: {bar.value} (bar: {bar.target})")
    if options.json:
        print(_json_line(options.name, report.bars))
    return 0


def _json_line(name: str, bars: Sequence[Bar]) -> str:
    return json.dumps(
        {
            "benchmark": name,
            "bars": [
                {"name": b.name, "value": b.value, "target": b.target, "holds": b.holds}
                for b in bars
            ],
            "ok": all(bar.holds for bar in bars),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
