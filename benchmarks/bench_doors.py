"""`doors`: the HTTP service: what it adds to a task, kills, and generated requests.

`--only speed,kills,fuzz` runs some parts. `--door-runs` and `--door-seconds` shorten the speed,
`--door-kills` and `--door-cases` the others. It uses tools of the tests, which must be installed
(`make test-fast` does it).
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from urllib.parse import urlsplit

from bars import Bar, Report, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.loop.conftest import make_new_project
from tests.loop.place import SKILL, TASKS, text
from tests.web.fuzz import fuzz
from tests.web.kills import kill_at, lost, make_live_project
from tests.web.served import serving

from tinyarms import TinyArms

RATE = 50
"""Requests a second."""
THREADS = 8
"""Callers, each with a connection of its own."""
MOST_ADDED_MS = 5.0
Call = Callable[[int], object]


def run(options: argparse.Namespace) -> Report:
    """The parts that `--only` names, or all."""
    parts = {"speed": _speed, "kills": _kills, "fuzz": _fuzz}
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    for name in options.only or parts:
        more_rows, more_bars = parts[name](options)
        rows += more_rows
        bars += more_bars
    return Report(table(("part", "run", "what", "value"), rows), tuple(bars))


_Part = tuple[list[tuple[object, ...]], list[Bar]]


def _speed(options: argparse.Namespace) -> _Part:
    rows, added = list[tuple[object, ...]](), list[float]()
    for number in range(options.door_runs):
        with tempfile.TemporaryDirectory() as folder:
            root = make_new_project(Path(folder))
            direct = _p99_of_facade(root, options.door_seconds)
            served = _p99_of_service(root, options.door_seconds)
        added.append(served - direct)
        rows.append(("speed", number + 1, "p99 ms of the facade", f"{direct:.2f}"))
        rows.append(("speed", number + 1, "p99 ms of the service", f"{served:.2f}"))
        print(f"run {number + 1}: {direct:.2f} ms, {served:.2f} ms", file=sys.stderr)
    most = median(added)
    name = f"ms added at the 99th percentile, {RATE}/s for {options.door_seconds:g} s, median"
    return rows, [Bar(name, round(most, 2), f"<= {MOST_ADDED_MS:g}", most <= MOST_ADDED_MS)]


def _p99_of_facade(root: Path, seconds: float) -> float:
    with TinyArms.open(root) as arms:
        return _p99(seconds, lambda: lambda n: arms.run(SKILL, text=text(n % len(TASKS))))


def _p99_of_service(root: Path, seconds: float) -> float:
    with serving(root) as served:
        place, token = urlsplit(served.url).netloc, served.token("application")
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

        def caller() -> Call:
            connection = http.client.HTTPConnection(place)

            def ask(number: int) -> None:
                task = {"skill": SKILL, "inputs": {"text": text(number % len(TASKS))}}
                connection.request("POST", "/v1/tasks", json.dumps(task), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"the service answered {answer.status}")

            return ask

        return _p99(seconds, caller)


def _p99(seconds: float, caller: Callable[[], Call]) -> float:
    """Milliseconds of a call at the 99th percentile, from when it was due."""
    warm = caller()
    for number in range(RATE):
        warm(number)
    calls = int(seconds * RATE)
    took, failed = list[float](), list[BaseException]()
    begin = perf_counter() + 0.2

    def work(first: int) -> None:
        try:
            ask = caller()
            for number in range(first, calls, THREADS):
                due = begin + number / RATE
                sleep(max(0.0, due - perf_counter()))
                ask(number)
                took.append(1000 * (perf_counter() - due))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=[first]) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return quantiles(took, n=100)[98]


def _kills(options: argparse.Namespace) -> _Part:
    with tempfile.TemporaryDirectory() as folder:
        root = make_live_project(Path(folder))
        found = kill_at(root, options.door_kills, 0, lambda line: print(line, file=sys.stderr))
        gone = lost(root, found)
    rows: list[tuple[object, ...]] = [
        ("kills", options.door_kills, f"acknowledged {what}", len(ids))
        for what, ids in vars(found).items()
    ]
    rows += [("kills", "", "lost", id) for id in gone]
    name = f"acknowledged and lost after {options.door_kills} kills"
    return rows, [Bar(name, len(gone), "= 0", not gone and len(found) > 0)]


def _fuzz(options: argparse.Namespace) -> _Part:
    sent, wrong, seed = 0, "", 0
    while sent < options.door_cases and not wrong:
        # A route without parameters has few cases, so a run sends fewer than it may.
        with tempfile.TemporaryDirectory() as folder:
            more, wrong = fuzz(make_live_project(Path(folder)), options.door_cases, seed)
        sent, seed = sent + more, seed + 1
        print(f"{sent} of {options.door_cases} requests", file=sys.stderr)
    if wrong:
        print(wrong, file=sys.stderr)
    failures = wrong.count("Test Case ID")
    bars = [
        Bar("generated requests", sent, f">= {options.door_cases}", sent >= options.door_cases),
        Bar("failures and undescribed answers", failures, "= 0", not wrong),
    ]
    return [("fuzz", "", "generated requests", sent)], bars
