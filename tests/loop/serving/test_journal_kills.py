"""A process that is killed loses no task whose `run` has returned."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.loop.place import SKILL, Place
from tinyarms.loop.api import TinyArms

RUNS = (
    "import sys; from tests.loop.place import SKILL, TASKS, text; from tinyarms import TinyArms\n"
    "with TinyArms.open(sys.argv[1]) as arms:\n"
    "    for number in range(100_000):\n"
    "        task = arms.run(SKILL, text=text(number % len(TASKS)))\n"
    "        print(task.task_id, flush=True)"
)
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_no_task_that_was_answered_is_lost_or_stored_twice(place: Place) -> None:
    answered, rng = list[str](), random.Random(0)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", RUNS, str(place.root)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            answered.append(process.stdout.readline().strip())
            time.sleep(rng.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            # A line that was cut off was not said to anybody.
            answered += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert len(answered) > 20
    with TinyArms.open(place.root) as arms, arms._context.store.read() as work:
        missing = [id for id in answered if work.tasks.get(id) is None]
        stored, summed = work.tasks.count(SKILL), work.tasks.counts(SKILL, 1).tasks
    assert not missing
    assert stored == summed
