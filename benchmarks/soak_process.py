"""The two processes of `bench_soak`: `python benchmarks/soak_process.py daemon|users OPTIONS`.

Both run the product on a clock that runs faster; the model is made up (`tests/end_to_end`).
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.project import SKILL, MadeUp, text
from tests.hosts import BEGIN

from tinyarms.core.errors import TinyArmsError
from tinyarms.daemon import process
from tinyarms.daemon.log import open_log
from tinyarms.loop.api import TinyArms
from tinyarms.loop.opening import open_project
from tinyarms.loop.project import context as contexts
from tinyarms.loop.project import heartbeat, leases
from tinyarms.loop.project.context import Context

TASKS_A_SECOND = 4.0
"""Real seconds. Higher: more rows a day, and less time for the daemon."""
_TEXTS = 300


class _Quick(MadeUp):
    slots = 1


def _opened(options: dict[str, Any]) -> Context:
    speed = options["speed"]

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=options["passed_s"] + (time.time() - began) * speed)

    began = time.time()
    # A lease is as long as on a real clock: one that ends too soon is lost by whoever holds it.
    leases.LEASE *= speed
    heartbeat.BEAT_S = 1.0
    contexts.make_model = lambda *_, **__: _Quick()  # type: ignore[attr-defined]
    return open_project(Path(options["root"]), {}, clock)


def daemon(options: dict[str, Any]) -> None:
    """Watch the project until SIGTERM."""
    speed = options["speed"]
    waits = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / speed))
    setattr(process, "time", waits)  # noqa: B010 - its name is not typed
    context = _opened(options)
    try:
        with open_log(context.project.root, sys.stderr) as log:
            process.watch_forever(context, log, [])
    finally:
        context.close()


def users(options: dict[str, Any]) -> None:
    """Run tasks, give feedback and vote, until the process is killed."""
    rng, number = random.Random(os.getpid()), 0
    with TinyArms(_opened(options)) as arms:
        while True:
            began = time.monotonic()
            try:
                _one_task(arms, rng)
            except TinyArmsError as error:
                print(f"users: {error}", file=sys.stderr, flush=True)
            number += 1
            time.sleep(max(0.0, 1 / TASKS_A_SECOND - (time.monotonic() - began)))


def _one_task(arms: TinyArms, rng: random.Random) -> None:
    number = rng.randrange(_TEXTS)
    done = arms.run(SKILL, text=text(number), user=f"u{number % 7}")
    arms.feedback(done.task_id, success=rng.random() < _RIGHT, user=f"u{number % 7}")
    ballot = arms.ballot(SKILL, f"u{number % 7}")
    if ballot is not None:
        arms.vote(ballot.id, rng.choice("AB"), user=f"u{number % 7}")


_RIGHT = 0.8
_ROLES: dict[str, Callable[[dict[str, Any]], None]] = {"daemon": daemon, "users": users}

if __name__ == "__main__":
    _ROLES[sys.argv[1]](json.loads(sys.argv[2]))
