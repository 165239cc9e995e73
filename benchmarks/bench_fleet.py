"""`fleet`: how much faster a fleet is, and whether it finds the same.

With a real Ray, real processes and a server, in a process of its own, that takes 200 ms for each
call: a search of the made-up project (`tests/end_to_end/project.py`) by one worker, by two and by
eight actors; with actors killed by SIGKILL; with its program killed. The kills and the project are
those of the tests (`tests/fleet.py`), so the tests' tools must be installed. Then a simulation: the
real optimizer on the toy task, with up to 1,000 workers and a simulated clock. `hosts` is about
several daemons (`fleet_hosts.py`).
"""

from __future__ import annotations

import argparse
import heapq
import math
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean

from bars import Bar, Report, table
from fleet_hosts import hosts

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.project import SKILL, open_project
from tests.fleet import (
    SlowServer,
    evolve_words,
    fleet_project,
    found,
    kill_actor,
    program,
    ray_processes,
    slow_server_elsewhere,
    until,
)

from tinyarms.evolution.optimizers.registry import make_optimizer
from tinyarms.evolution.protocol import Evaluate
from tinyarms.evolution.toy import toy_answer, toy_problem
from tinyarms.skills.execution import Message, ModelRequest

DELAY_S = 0.2
CALLS = 220
"""Task calls of the searches of which actors or the program are killed."""
BATCH = 8
KILLS = 50
WORKERS = (1, 2, 8, 64, 256, 1000)
BATCHES = (1, 4, 16, 64, 128)
SIMULATED_CALLS = 2000
OVERHEAD_S = 0.004
"""Seconds of this process for each call, which are not parallel: the database, HTTP and Ray."""
SEEDS = 20
_CALL = ModelRequest(messages=(Message("user", "comment 1"),))


def run(options: argparse.Namespace) -> Report:
    only = set(options.only or ("simulation", "speed", "kills", "driver", "hosts"))
    texts, bars = [], list[Bar]()
    for name, part in (
        ("simulation", simulation),
        ("speed", lambda: speed(options.fleet_calls)),
        ("kills", kills),
        ("driver", driver),
        ("hosts", lambda: hosts(options)),
    ):
        if name in only:
            print(f"fleet: {name}", file=sys.stderr)
            text, own = part()
            texts.append(text)
            bars += own
    return Report("\n\n".join(texts), tuple(bars))


# Real Ray.


def speed(budget: int) -> tuple[str, list[Bar]]:
    """The speed-up of two and eight actors, after warm-up, and whether they find the same.

    `budget`: task calls of each search.
    """
    with slow_server_elsewhere(DELAY_S) as (url, answered), tempfile.TemporaryDirectory() as name:
        alone, alone_s = _searched(
            fleet_project(Path(name, "alone"), [url], "small", 1, BATCH), budget
        )
        calls = answered()
        rows: list[tuple[object, ...]] = [("no Ray", 1, calls, f"{alone_s:.1f}", "1.00", "")]
        bars = []
        for actors in (2, 8):
            root = fleet_project(Path(name, str(actors)), [url], "fleet", actors, BATCH)
            result, seconds = _searched(root, budget, actors)
            share = alone_s / seconds / actors
            same = result == alone
            rows.append(("Ray", actors, calls, f"{seconds:.1f}", f"{share:.2f}", same))
            bars.append(
                Bar(
                    f"{actors} actors: share of the ideal speed-up",
                    round(share, 3),
                    ">= 0.9",
                    share >= 0.9,
                )
            )
            bars.append(Bar(f"{actors} actors: same as without Ray", float(same), "1", same))
    head = ("worker", "actors", "calls", "seconds", "of ideal", "same")
    return f"A search of {budget} calls of 200 ms, batch {BATCH}\n{table(head, rows)}", bars


def kills() -> tuple[str, list[Bar]]:
    """Fifty actors are killed by SIGKILL during a search."""
    with SlowServer(0.05) as server, tempfile.TemporaryDirectory() as name:
        alone, _ = _searched(fleet_project(Path(name, "alone"), [server.url], "small"))
        killed, is_over, rng = [0], threading.Event(), random.Random(0)

        def kill() -> None:
            before = server.calls
            while not is_over.wait(0.02) and killed[0] < KILLS:
                if server.calls > before + 2 and kill_actor(os.getpid(), rng.choice):
                    killed[0], before = killed[0] + 1, server.calls

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            result, _ = _searched(fleet_project(Path(name, "fleet"), [server.url], "fleet", 4))
        finally:
            is_over.set()
            killer.join()
    same, n = result == alone, killed[0]
    bars = [
        Bar("actors killed during a search", float(n), f">= {KILLS}", n >= KILLS),
        Bar("same after the kills", float(same), "1", same),
    ]
    return f"{n} actors killed: {'the same' if same else 'ANOTHER'} result", bars


def driver() -> tuple[str, list[Bar]]:
    """The program is killed by SIGKILL; Ray ends with it, and the next run resumes."""
    with SlowServer(0.05) as server, tempfile.TemporaryDirectory() as name:
        alone, _ = _searched(fleet_project(Path(name, "alone"), [server.url], "small"))
        whole, root = server.calls, fleet_project(Path(name, "fleet"), [server.url], "fleet")
        with program(root, *evolve_words(CALLS)) as running:
            until(lambda: server.calls > whole * 1.5, "half of the calls")
            os.kill(running.pid, signal.SIGKILL)
            began = time.monotonic()
            until(lambda: not ray_processes(running.pid), "Ray has ended", 60)
            ended_s = time.monotonic() - began
        result, _ = _searched(root)
        twice = server.calls - 2 * whole
    same = result == alone
    bars = [
        Bar("driver killed: same result", float(same), "1", same),
        Bar("driver killed: calls made twice", float(twice), "<= 8 (2 x slots)", twice <= 8),
        Bar(
            "driver killed: seconds until Ray has ended", round(ended_s, 1), "<= 10", ended_s <= 10
        ),
    ]
    return f"Driver killed: Ray ended after {ended_s:.1f} s, {twice} calls were made twice", bars


def _searched(
    root: Path, calls: int = CALLS, warm: int = 0
) -> tuple[list[tuple[object, ...]], float]:
    """What a search of so many calls finds, and its seconds, after `warm` actors are up."""
    with open_project(root) as arms:
        if warm:
            from tinyarms.models.ray.model import RayModel

            model = arms._context.model("fleet")
            assert isinstance(model, RayModel)
            model.complete(_CALL)
            until(lambda: len(model.actors) == warm, f"{warm} actors")
        began = time.monotonic()
        arms.evolve(SKILL, budget_calls=calls)
        seconds = time.monotonic() - began
    return found(root), seconds


# Simulation.


@dataclass(frozen=True)
class Simulated:
    """A simulated search."""

    calls: int
    seconds: float
    busy_s: float
    """Seconds of work, over all workers."""
    writing_s: float
    """Seconds in which only the writer worked."""
    accuracy: float
    """True accuracy of the best finalist on new examples, else of the incumbent."""


def simulation() -> tuple[str, list[Bar]]:
    """Calls per second against workers, and accuracy against the size of a batch."""
    rows: list[tuple[object, ...]] = []
    for workers in WORKERS:
        for batch in BATCHES:
            run = simulated(0, batch, workers)
            used = run.busy_s / run.seconds / workers
            limit = _limit(run, used)
            rows.append((workers, batch, f"{run.calls / run.seconds:.0f}", f"{used:.2f}", limit))
    head = ("workers", "batch", "calls/s", "busy", "limited by")
    accuracies = {
        batch: [simulated(seed, batch, 1000).accuracy for seed in range(SEEDS)] for batch in BATCHES
    }
    base = accuracies[BATCHES[0]]
    lines: list[tuple[object, ...]] = []
    loses = None
    for batch, found_by in accuracies.items():
        differences = [b - a for a, b in zip(base, found_by, strict=True)]
        mean = fmean(differences)
        half = _half_width(differences)
        if loses is None and mean + half < 0:
            loses = batch
        lines.append((batch, f"{fmean(found_by):.3f}", f"{mean:+.3f} ± {half:.3f}", SEEDS))
    said = "no batch up to 128 loses" if loses is None else f"a batch of {loses} loses"
    text = (
        f"Simulated: {SIMULATED_CALLS} calls of {DELAY_S:g} s, {OVERHEAD_S * 1000:g} ms of this "
        f"process each\n{table(head, rows)}\n\nTrue accuracy by batch, paired with batch 1 "
        f"(95 %): {said}\n" + table(("batch", "accuracy", "difference", "seeds"), lines)
    )
    at_eight = [b - a for a, b in zip(base, accuracies[4], strict=True)]
    low = fmean(at_eight) - _half_width(at_eight)
    most = simulated(0, BATCHES[-1], 1000)
    per_s = most.calls / most.seconds
    return text, [
        Bar("batch 4: accuracy lost at most (95 %)", round(-low, 3), "<= 0.05", -low <= 0.05),
        Bar("1,000 workers: calls a second", round(per_s, 1), "reported", True),
    ]


@dataclass(frozen=True)
class _Search:
    """What a search asked; it does not depend on the number of workers."""

    rounds: tuple[tuple[int, int], ...]
    """For each time that it asked: calls of the task, and of the writer."""
    accuracy: float
    """True accuracy of the best finalist on new examples, else of the incumbent."""


@cache
def _searched_once(seed: int, batch: int) -> _Search:
    """The real default search of the toy task."""
    problem = toy_problem(SIMULATED_CALLS, seed)
    settings = problem.settings.model_copy(update={"batch": batch, "population_size": 20})
    optimizer = make_optimizer("promptbreeder", replace(problem, settings=settings))
    rounds = []
    while requests := optimizer.ask():
        calls = sum(isinstance(request, Evaluate) for request in requests)
        rounds.append((calls, len(requests) - calls))
        optimizer.tell([toy_answer(request) for request in requests])
    finalists = optimizer.outcome.finalists
    prompt = finalists[0].prompt if finalists else problem.incumbent
    return _Search(tuple(rounds), _true_accuracy(prompt.text))


def simulated(seed: int, batch: int, workers: int) -> Simulated:
    """The real default search of the toy task, in simulated time.

    This process takes `OVERHEAD_S` for each call, one after the other; workers take `DELAY_S`. The
    writer's calls begin after the others that are asked at the same time, as in the driver.
    """
    search = _searched_once(seed, batch)
    now_s = busy_s = writing_s = 0.0
    for calls, writes in search.rounds:
        free = [now_s] * min(workers, calls)
        own_s = end_s = now_s
        for _ in range(calls):
            own_s += OVERHEAD_S
            ended_s = max(own_s, heapq.heappop(free)) + DELAY_S
            heapq.heappush(free, ended_s)
            end_s = max(end_s, ended_s)
        write_s = math.ceil(writes / workers) * DELAY_S
        now_s = end_s + write_s
        writing_s += write_s
        busy_s += (calls + writes) * DELAY_S
    made = sum(calls for calls, _ in search.rounds)
    return Simulated(made, now_s, busy_s, writing_s, search.accuracy)


def _true_accuracy(text: str) -> float:
    """That of the toy worker with this prompt: `toy_answer` draws with this probability."""
    from tinyarms.evolution.toy import _HELPFUL

    return min(1.0, 0.45 + 0.15 * sum(phrase in text.casefold() for phrase in _HELPFUL))


def _limit(run: Simulated, used: float) -> str:
    if used > 0.8:
        return "workers"
    shares = {
        "the writer": run.writing_s / run.seconds,
        "this process": run.calls * OVERHEAD_S / run.seconds,
    }
    largest = max(shares, key=lambda name: shares[name])
    return largest if shares[largest] > 0.4 else "the steps of the search"


def _half_width(values: Sequence[float]) -> float:
    """Half of a 95 % interval of the mean, by Student's t."""
    from scipy.stats import t

    mean = fmean(values)
    n = len(values)
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    quantile = float(t.ppf(0.975, n - 1))
    return quantile * math.sqrt(variance / n)
