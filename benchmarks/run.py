"""Runs every benchmark: `python benchmarks/run.py NAME [--json] [--data DIR]`.

Progress goes to stderr, a table for people to stdout; `--json` adds a last line for programs. The
exit code is 0 if the benchmark ran, whether its bars hold or not.
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

BENCHMARKS = (
    *(
        "adversary",
        "data",
        "doors",
        "evolve",
        "experiments",
        "fleet",
        "foreign",
        "guards",
        "kills",
        "learning",
        "lookup",
        "memory",
        "pictures",
        "probe",
        "recall",
        "refresh",
        "rollback",
        "scale",
    ),
    *("search", "servers", "soak", "speed", "startup", "store", "voting", "watch", "writers"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    parser.add_argument(
        "--data", type=Path, help="folder with sst2.tsv and its like; search: or a file"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(".bench"),
        help="folder of the finished runs, so that a long benchmark can resume (default .bench)",
    )
    parser.add_argument(
        "--imports", type=Path, help="folder of files of other tools to import (data)"
    )
    parser.add_argument("--threads", type=int, help="threads of the model (pictures, recall)")
    _add_search(parser.add_argument_group("search"))
    _add_doors(parser.add_argument_group("doors"))
    parser.add_argument_group("fleet").add_argument(
        "--fleet-calls", type=int, default=600, help="calls of the speed's searches (default 600)"
    )
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], Report] = import_module(f"bench_{options.name}").run
    report = run(options)
    print(report.table)
    for bar in report.bars:
        value = "not measured" if bar.value is None else bar.value
        print(f"{'holds' if bar.holds else 'FAILS'}  {bar.name}: {value} (bar: {bar.target})")
    if options.json:
        print(_json_line(options.name, report.bars))
    return 0


def _add_search(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--quick", action="store_true", help="about 15 minutes instead of hours")
    group.add_argument(
        "--calls",
        type=int,
        help="task calls of each run (default 1000; speed: 150; recall: 100; fleet, hosts: 12)",
    )
    group.add_argument(
        "--only",
        type=_names,
        help="data sets of the folder, e.g. sst2,subj; parts (data, store, fleet)",
    )
    group.add_argument("--optimizers", type=_names, help="contestants, e.g. ours,gepa")
    group.add_argument("--labels", type=_names, help="labels of a --data file, by their index")
    group.add_argument("--prompt", help="first prompt for a --data file")
    group.add_argument("--limit", type=int, help="rows to use of a --data file; fleet: skills")
    group.add_argument("--skills", action="store_true", help="example skills instead of data")
    group.add_argument(
        "--report", action="store_true", help="table and bars of the committed figures, no model"
    )
    group.add_argument("--stand-in", action="store_true", help="a simulated model, for a trial")


def _add_doors(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--door-runs", type=int, default=5, help="runs of the speed (default 5)")
    group.add_argument("--door-seconds", type=float, default=120, help="of each run (default 120)")
    group.add_argument(
        "--door-tasks", type=int, default=10_000_000, help="behind the pages (default 10,000,000)"
    )
    group.add_argument("--postgresql", action="store_true", help="these tasks on a server")
    group.add_argument("--door-kills", type=int, default=100, help="kills (default 100)")
    group.add_argument(
        "--door-cases", type=int, default=20_000, help="generated requests (default 20,000)"
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


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
