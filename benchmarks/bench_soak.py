"""`soak`: the daemon for 30 minutes on a clock that runs 1,800 times as fast, with retention.

Two real processes share a project on SQLite: the daemon, which watches, searches, prunes each
simulated day and ends live tests, and users who run tasks, give feedback and vote. Every ten
seconds the memory, the open files, the threads and the write-ahead log are noted below `--work`, so
that a run that was stopped goes on: the clock, the rows and the figures stay, the processes are new
ones. `--quick`: twelve minutes. It reads `/proc`, so it needs Linux.

Memory and handles are compared within the longest stretch that one daemon has run, after its first
eight minutes: the median of the last third with that of the first third.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.project import write_project
from tests.forks import environment

from bars import Bar, Report, table
from search.code_version import ROOT, code_hash
from search.progress import note

MINUTES, QUICK_MINUTES = 30, 12
SPEED = 1800.0
"""Simulated seconds in a second."""
SAMPLE_EVERY_S = 10.0
WARM_UP_S = 480.0
"""Real seconds of a daemon that do not count: modules are imported, caches fill, and there are more
and more rows until retention (eight days, 384 s) first deletes some."""
MEMORY, WAL_MB = 0.05, 64.0
_CONSTANTS = """\
prompt_evolution:
  ab_testing: {show_probability: 0.2, min_tasks: 0}
  triggers: {cooldown_hours: 48}
  evolution: {budget: {calls: 60}}
  smollm2: {variants_per_evolution: 1}
  retention_days: 8
  notifications: {desktop: false}
"""


@dataclass(frozen=True)
class Sample:
    """What was seen of the daemon at a moment."""

    piece: int
    """The number of the daemon's process, from 0."""
    seconds: float
    """Real seconds since it began."""
    memory_mb: float
    """Resident, of its own: without pages that are files."""
    handles: int
    threads: int
    wal_mb: float
    database_mb: float


def run(options: argparse.Namespace) -> Report:
    minutes = QUICK_MINUTES if options.quick else MINUTES
    work = (options.work / f"soak-{code_hash(ROOT / 'src')}").absolute()
    samples = _samples(work)
    if len(samples) * SAMPLE_EVERY_S < 60 * minutes:
        samples = soak(work, minutes)
    return report(samples)


def soak(work: Path, minutes: float) -> list[Sample]:
    """Go on in this folder until so many real minutes are noted; returns all samples."""
    root, before = work / "project", _samples(work)
    if not root.exists():
        write_project(root)
        (root / "config" / "constants.yaml").write_text(_CONSTANTS)
    piece = 1 + max((each.piece for each in before), default=-1)
    left = round(60 * minutes / SAMPLE_EVERY_S) - len(before)
    passed_s = len(before) * SAMPLE_EVERY_S * SPEED
    options = json.dumps({"root": str(root), "speed": SPEED, "passed_s": passed_s})
    began = time.monotonic()
    with (work / "errors").open("ab") as errors:
        started = [
            subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("soak_process.py")), role, options],
                stdout=errors,
                stderr=errors,
                env=environment(),
                cwd=ROOT,
            )
            for role in ("daemon", "users")
        ]
        try:
            for number in range(1, left + 1):
                time.sleep(max(0.0, began + number * SAMPLE_EVERY_S - time.monotonic()))
                for process in started:
                    if process.poll() is not None:
                        raise RuntimeError(f"A process ended by itself: see {work / 'errors'}.")
                sample = _sample(piece, time.monotonic() - began, started[0].pid, root)
                with (work / "samples.jsonl").open("a") as file:
                    file.write(json.dumps(asdict(sample)) + "\n")
                note(
                    f"soak, {number} of {left}: {sample.memory_mb:.1f} MB, {sample.handles} "
                    f"handles, {sample.threads} threads, log {sample.wal_mb:.1f} MB"
                )
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(60)
    return _samples(work)


def _sample(piece: int, seconds: float, pid: int, root: Path) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split()[:2] for line in status if len(line.split()) > 1)
    return Sample(
        piece=piece,
        seconds=round(seconds, 1),
        memory_mb=int(fields["RssAnon:"]) / 1024,
        handles=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(fields["Threads:"]),
        wal_mb=_mb(root / "tinyarms.db-wal"),
        database_mb=_mb(root / "tinyarms.db"),
    )


def _mb(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.exists() else 0.0


def _samples(work: Path) -> list[Sample]:
    noted = work / "samples.jsonl"
    lines = noted.read_text().splitlines() if noted.exists() else []
    return [Sample(**json.loads(line)) for line in lines]


def report(samples: Sequence[Sample]) -> Report:
    """The table and the bars. Raises `ValueError` if no daemon ran long enough."""
    pieces = Counter(each.piece for each in samples if each.seconds > WARM_UP_S)
    if not pieces or max(pieces.values()) < 6:
        raise ValueError("No daemon ran for a minute after its warm-up.")
    longest = max(pieces, key=lambda piece: pieces[piece])
    seen = [each for each in samples if each.piece == longest and each.seconds > WARM_UP_S]
    third = len(seen) // 3
    first, last = seen[:third], seen[-third:]
    rows: list[tuple[object, ...]] = []
    for name in ("memory_mb", "handles", "threads", "wal_mb", "database_mb"):
        at = [median(getattr(each, name) for each in part) for part in (first, last)]
        most = max(getattr(each, name) for each in seen)
        rows.append((name.replace("_mb", ", MB"), *(f"{value:.1f}" for value in (*at, most))))
    memory = [median(each.memory_mb for each in part) for part in (first, last)]
    handles = [median(each.handles for each in part) for part in (first, last)]
    grown = round(memory[1] / memory[0] - 1, 4)
    wal = round(max(each.wal_mb for each in samples), 1)
    text = (
        f"{len(samples) * SAMPLE_EVERY_S / 60:.0f} minutes, {SPEED:,.0f} times as fast, in "
        f"{len({each.piece for each in samples})} pieces; the longest after its warm-up: "
        f"{len(seen) * SAMPLE_EVERY_S / 60:.0f} minutes\n"
    )
    return Report(
        text + table(("daemon", "first third", "last third", "most"), rows),
        (
            Bar("memory, growth", grown, f"<= {MEMORY}", grown <= MEMORY),
            Bar("write-ahead log, most MB", wal, f"<= {WAL_MB:g}", wal <= WAL_MB),
            Bar(
                "handles, more at the end",
                handles[1] - handles[0],
                "<= 0",
                handles[1] <= handles[0],
            ),
        ),
    )
