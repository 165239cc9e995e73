"""`scale`: ten million tasks in `task_history`, and the cost of reading and adding tasks.

It uses a new project in the system's temporary folder, with SQLite; SQL makes the rows of one skill
over one year, and they are deleted afterwards. `--quick`: 100,000 rows.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bars import Bar, Report, table
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import DATABASE
from tinyarms.loop.project.starter import init_project
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.tasks import task
from tinyarms.loop.watching.check import monitor_once

ROWS, QUICK, FEW = 10_000_000, 100_000, 10_000
SKILL = "file-naming"
INPUTS = {"file_name": "IMG_1.png", "content": "A red bridge in fog"}
DAYS = 365
LOOKS, PROMPTS = 20, 20_000
THREADS, EACH, PAUSE_S = 8, 400, 0.02


class Measured(NamedTuple):
    """Milliseconds; for recording and prompts, the 99th percentile."""

    made_s: float
    gigabytes: float
    monitor: float
    stats: float
    prompt: float
    record: float
    record_median: float


def run(options: argparse.Namespace) -> Report:
    rows = QUICK if options.quick else ROWS
    small, large = _measure(FEW), _measure(rows)
    lines: list[tuple[object, ...]] = [
        ("rows made in, s", f"{small.made_s:.1f}", f"{large.made_s:.0f}", ""),
        ("database, GB", f"{small.gigabytes:.3f}", f"{large.gigabytes:.2f}", ""),
    ]
    for name in ("monitor", "stats", "prompt", "record", "record_median"):
        before, after = getattr(small, name), getattr(large, name)
        lines.append((_NAMES[name], f"{before:.3f}", f"{after:.3f}", f"{after / before:.2f}"))
    head = ("milliseconds", f"{FEW} rows", f"{rows} rows", "ratio")
    note = (
        f"Looks: median of {LOOKS}. Recorded: {THREADS} threads, {EACH} tasks each, "
        f"{PAUSE_S * 1000:.0f} ms between a thread's tasks."
    )
    bars = [_bar("monitor", large, 50), _bar("stats", large, 50)]
    bars += [_bar("prompt", large, 1), _bar("record", large, 1)]
    return Report(f"{table(head, lines)}\n{note}", tuple(bars))


_NAMES = {
    "monitor": "monitor check",
    "stats": "prompt stats",
    "prompt": "getting a prompt, 99 %",
    "record": "recording a task, 99 %",
    "record_median": "recording a task, median",
}


def _bar(name: str, measured: Measured, most: float) -> Bar:
    value = round(getattr(measured, name), 3)
    return Bar(f"{_NAMES[name]}, ms", value, f"< {most:g}", value < most)


def _measure(rows: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="tinyarms-scale-") as name:
        folder = Path(name)
        init_project(folder)
        environ = {**os.environ, "TINYARMS_HOME": name}
        context = open_project(folder, environ)
        active_version(context, SKILL)
        context.close()
        began = time.perf_counter()
        _fill(folder / DATABASE, rows)
        made_s = time.perf_counter() - began
        size = (folder / DATABASE).stat().st_size / 1e9
        print(f"{rows} rows: {made_s:.0f} s, {size:.2f} GB", file=sys.stderr)
        context = open_project(folder, environ)
        try:
            return Measured(made_s, size, *_looks(context), *_work(context))
        finally:
            context.close()


def _fill(path: Path, rows: int) -> None:
    """The rows, oldest first, the last one now; one in ten has no outcome, 92 % are successes."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {pragma}")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type = 'index' AND tbl_name = 'task_history' AND sql IS NOT NULL"
    ).fetchall()
    for index, _ in indexes:
        connection.execute(f"DROP INDEX {index}")
    begin = datetime.now(UTC) - timedelta(days=DAYS)
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO task_history (id, skill, prompt_version, inputs, output, violation, "
        "latency_ms, model, prompt_tokens, completion_tokens, created_at, success, outcome_source) "
        "WITH RECURSIVE made(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM made WHERE n < :rows) "
        "SELECT printf('%032x', n), :skill, 1, '{\"content\": \"a red bridge\"}', 'red-bridge', "
        "iif(n % 200, NULL, 'no name'), 100 + n % 50, 'small', 80, 5, "
        "strftime('%Y-%m-%d %H:%M:%f', :begin, (n * :step) || ' seconds') || '000', "
        "iif(n % 10, abs(random()) % 100 < 92, NULL), iif(n % 10, 'feedback', NULL) FROM made",
        {
            "rows": rows,
            "skill": SKILL,
            "begin": begin.strftime("%Y-%m-%d %H:%M:%S"),
            "step": DAYS * 86400 / rows,
        },
    )
    connection.execute(
        "INSERT INTO task_counts SELECT skill, prompt_version, "
        "substr(created_at, 1, 13) || ':00:00.000000', count(*), sum(success IS 1), "
        "sum(success IS 0), count(violation) FROM task_history GROUP BY 1, 2, 3"
    )
    connection.execute(
        "UPDATE prompt_history SET active_from = :begin",
        {"begin": begin.strftime("%Y-%m-%d %H:%M:%S.000000")},
    )
    connection.execute("COMMIT")
    for _, sql in indexes:
        connection.execute(sql)
    connection.close()


def _looks(context: Context) -> tuple[float, float]:
    """The times of a monitor check and of `prompt stats`."""
    assert stats(context, SKILL).n > 0

    def median_of(look: Callable[[], object]) -> float:
        look()
        return median(_timed(look) for _ in range(LOOKS))

    checked = median_of(lambda: monitor_once(context, [SKILL]))
    return checked, median_of(lambda: stats(context, SKILL))


def _work(context: Context) -> tuple[float, float, float]:
    """The times of getting a prompt and of recording a task while other threads do so."""
    prompts = [_timed(lambda n=n: route_task(context, SKILL, f"p{n}")) for n in range(PROMPTS)]  # type: ignore[misc]
    times: list[float] = []

    def record() -> None:
        for _ in range(EACH):
            with task(context, SKILL) as running:
                times.append(_timed(lambda r=running: r.finish(INPUTS, "red-bridge", 12.0)))  # type: ignore[misc]
            time.sleep(PAUSE_S)

    began = datetime.now(UTC)
    threads = [threading.Thread(target=record) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with context.store.read() as work:
        assert work.tasks.count(SKILL, began) == THREADS * EACH, "tasks were lost"
    return _quantile(prompts, 0.99), _quantile(times, 0.99), median(times)


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return 1000 * (time.perf_counter() - began)


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[int(share * (len(times) - 1))]
