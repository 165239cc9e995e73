"""How fast tables come in, and in how much memory.

Each import runs the whole way of `tinyarms import` (a dry run: it writes no file) in a process of
its own, so that its peak memory is its own. The Parquet file has the rows of the CSV.

That memory is bounded shows by a CSV of three times as many rows, whose peak may be higher only by
the cache of a temporary database, which is full by then. A million rows take the same memory, and
three times as long again.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))
from bars import Bar, table

ROWS, MANY_ROWS = 100_000, 300_000
SECONDS_BAR, MEGABYTES_BAR = 10, 200
"""Seconds are for the CSV of `ROWS` rows, megabytes for every file."""
GROWTH_BAR = 20
"""Megabytes that the CSV of `MANY_ROWS` rows may take beyond that of `ROWS` rows."""
_WORDS = [f"word{number}" for number in range(3000)]


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The table and the bars."""
    return measure(ROWS, MANY_ROWS)


def measure(rows: int, many: int) -> tuple[list[str], list[Bar]]:
    """Imports of a CSV, JSONL and Parquet file of `rows` rows, and of a CSV of `many` rows."""
    lines, bars = list[tuple[object, ...]](), list[Bar]()
    peaks: dict[str, int] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = [*_files(folder, rows), (many, _csv(folder / "many.csv", many))]
        for n, file in files:
            print(f"throughput, {file.name}", file=sys.stderr)
            seconds, cpu, megabytes, came_in = _in_a_process(file)
            lines.append((file.name, f"{n:,}", came_in, f"{seconds:.1f}", f"{cpu:.1f}", megabytes))
            peaks[file.name] = megabytes
            title, holds = (
                f"megabytes for {n:,} rows ({file.suffix[1:]})",
                megabytes <= MEGABYTES_BAR,
            )
            bars.append(Bar(title, megabytes, f"<= {MEGABYTES_BAR}", holds))
            if file.suffix == ".csv" and n == rows:
                holds = seconds <= SECONDS_BAR
                title = f"seconds for {n:,} rows (csv)"
                bars.append(Bar(title, round(seconds, 1), f"<= {SECONDS_BAR}", holds))
            holds = came_in > 0.9 * n
            bars.append(Bar(f"rows of {file.name}", came_in, f"> {0.9 * n:.0f}", holds))
    growth = peaks["many.csv"] - peaks["rows.csv"]
    title = f"megabytes more for {many:,} rows than for {rows:,} (csv)"
    bars.append(Bar(title, growth, f"<= {GROWTH_BAR}", growth <= GROWTH_BAR))
    head = ("file", "rows", "came in", "seconds", "CPU seconds", "megabytes at most")
    return table(head, lines).split("\n"), bars


def _rows(n: int) -> Iterator[tuple[int, str, str, str]]:
    rng = random.Random(0)
    for number in range(n):
        text = " ".join(rng.choices(_WORDS, k=20))
        yield number, text, rng.choice(("billing", "account")), rng.choice(("train", "test"))


def _files(folder: Path, n: int) -> list[tuple[int, Path]]:
    import pyarrow as pa
    from pyarrow import parquet

    names = ("id", "text", "label", "split")
    made = [_csv(folder / "rows.csv", n), folder / "rows.jsonl", folder / "rows.parquet"]
    with made[1].open("w") as file:
        for row in _rows(n):
            file.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")
    columns = zip(names, zip(*_rows(n), strict=True), strict=True)
    parquet.write_table(pa.table({name: list(values) for name, values in columns}), made[2])
    return [(n, path) for path in made]


def _csv(path: Path, n: int) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "label", "split"))
        writer.writerows(_rows(n))
    return path


def _in_a_process(path: Path) -> tuple[float, float, int, int]:
    """Seconds, CPU seconds, megabytes at most, and rows that came in."""
    command = [sys.executable, __file__, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, cpu, megabytes, rows = json.loads(done.stdout)
    return seconds, cpu, megabytes, rows


def _import(path: Path) -> None:
    from tinyarms import TinyArms
    from tinyarms.loop.project.starter import init_project

    with TemporaryDirectory() as name:
        init_project(Path(name))
        with TinyArms.open(name) as arms:
            wall, cpu = perf_counter(), process_time()
            view = arms.import_examples(path, "imported", dry_run=True)
            wall, cpu = perf_counter() - wall, process_time() - cpu
    print(json.dumps([wall, cpu, _megabytes_at_most(), view.rows]))


def _megabytes_at_most() -> int:
    """The peak memory of this process. `ru_maxrss` would begin with that of its parent on Linux."""
    status = Path("/proc/self/status")
    if status.exists():
        words = status.read_text().split()
        return int(words[words.index("VmHWM:") + 1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20  # bytes on macOS


if __name__ == "__main__":
    _import(Path(sys.argv[1]))
