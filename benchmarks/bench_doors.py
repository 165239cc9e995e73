"""`doors`: the HTTP service: what it adds to a task, its pages over ten million tasks, kills, and
generated requests.

`--only speed,pages,kills,fuzz` runs some parts. `--door-runs` and `--door-seconds` shorten the
speed, `--door-tasks`, `--door-kills` and `--door-cases` the others. `--postgresql` makes the ten
million tasks on a PostgreSQL server. It uses tools of the tests, which must be installed
(`make test-fast` does it). All of it takes about 22 minutes on two cores: kills and generated
requests, which time nothing, run side by side.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from urllib.parse import urlsplit

from bars import Bar, Report, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.loop.conftest import make_new_project
from tests.loop.place import SKILL, TASKS, text
from tests.postgresql import Server, new_database
from tests.web.fuzz import fuzz
from tests.web.kills import environ_of, kill_at, lost, make_live_project
from tests.web.served import serving

from big_project import make_big_project
from tinyarms import TinyArms

RATE = 50
"""Requests a second."""
THREADS = 8
"""Callers, each with a connection of its own."""
MOST_ADDED_MS = 5.0
FACADE_S = 30.0
"""Most seconds that the facade is measured in each run: it is what the service is compared with."""
STARTS = 5
"""How often the service is started to ask for each page once; the median counts."""
MOST_PAGE_S = 1.0
PAGES = {
    "overview": "/",
    "skill": f"/skills/{SKILL}",
    "test": f"/skills/{SKILL}/test",
    "history": f"/skills/{SKILL}/history",
    "evolution": f"/skills/{SKILL}/evolution",
    "/v1/skills": "/v1/skills",
    "/v1/.../stats": f"/v1/skills/{SKILL}/stats",
    "/metrics": "/metrics",
}
_TICKS_S = os.sysconf("SC_CLK_TCK")
Call = Callable[[int], object]


def run(options: argparse.Namespace) -> Report:
    """The parts that `--only` names, or all."""
    parts = {"speed": _speed, "pages": _pages, "kills": _kills, "fuzz": _fuzz}
    wanted = options.only or list(parts)
    timed = [parts[name](options) for name in wanted if name in _TIMED]
    with ThreadPoolExecutor() as pool:
        others = list(pool.map(lambda name: parts[name](options), set(wanted) - _TIMED))
    rows = [row for part, _ in timed + others for row in part]
    bars = tuple(bar for _, part in timed + others for bar in part)
    return Report(table(("part", "run", "what", "value"), rows), bars)


_TIMED = {"speed", "pages"}
"""Parts beside which nothing else runs."""
_Part = tuple[list[tuple[object, ...]], list[Bar]]


def _speed(options: argparse.Namespace) -> _Part:
    rows, added = list[tuple[object, ...]](), list[float]()
    for number in range(options.door_runs):
        with tempfile.TemporaryDirectory() as folder:
            root = make_new_project(Path(folder))
            direct = _p99_of_facade(root, min(FACADE_S, options.door_seconds))
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
    with serving(root, anew=True) as served:
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


def _pages(options: argparse.Namespace) -> _Part:
    """The first pages of a new service on a project with many tasks, and a command."""
    rows, slowest = list[tuple[object, ...]](), list[float]()
    with tempfile.TemporaryDirectory() as folder, _database(options.postgresql) as url:
        began = perf_counter()
        root = make_big_project(Path(folder), options.door_tasks, url)
        where = "SQLite" if url is None else "PostgreSQL"
        print(f"{where}: made in {perf_counter() - began:.0f} s", file=sys.stderr)
        took: dict[str, list[tuple[float, float]]] = {}
        for _ in range(STARTS):
            for name, times in _asked_once(root, url, Path(folder) / "bytecode").items():
                took.setdefault(name, []).append(times)
    for name, each_start in took.items():
        wall, cpu = (median(each) for each in zip(*each_start, strict=True))
        rows.append(("pages", where, f"{name}, s", f"{wall:.3f} ({cpu:.3f} of CPU)"))
        slowest.append(wall)
    name = f"slowest first page over {options.door_tasks} tasks, {where}, s"
    most = max(slowest)
    return rows, [Bar(name, round(most, 3), f"<= {MOST_PAGE_S:g}", most <= MOST_PAGE_S)]


@contextmanager
def _database(on_server: bool) -> Iterator[str | None]:
    """The URL of a new database on a new server; `None`: a file of the project."""
    if not on_server:
        yield None
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Server.made(Path(folder)) as server,
        new_database(server) as url,
    ):
        yield url


def _asked_once(root: Path, url: str | None, bytecode: Path) -> dict[str, tuple[float, float]]:
    """Seconds, and seconds of CPU in our processes, of each page of a service that has just begun,
    and of a command. Their modules are compiled once, into the folder, as by an installation."""
    environ = {**os.environ, **environ_of(url), "PYTHONPYCACHEPREFIX": str(bytecode)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    found = {}
    with serving(root, environ=environ, anew=True) as served:
        connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
        headers = {"authorization": f"Bearer {served.token('release')}", "accept": "text/html"}
        for name, path in PAGES.items():
            began, used = perf_counter(), _cpu_s(served.process.pid)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: the service answered {answer.status}")
            found[name] = perf_counter() - began, _cpu_s(served.process.pid) - used
    began, used = perf_counter(), _cpu_of_children_s()
    command = [sys.executable, "-m", "tinyarms", "prompt", "stats", SKILL]
    subprocess.run(command, cwd=root, env=environ, stdout=subprocess.DEVNULL, check=True)
    found["prompt stats"] = perf_counter() - began, _cpu_of_children_s() - used
    return found


def _cpu_s(pid: int) -> float:
    """Seconds of CPU that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def _cpu_of_children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


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
