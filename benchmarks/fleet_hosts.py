"""`fleet --only hosts`: 200 skills, three daemons on one PostgreSQL, one killed every minute.

Real processes, real SIGKILL and a real server; the model, the names of the machines and the clock
are simulated (`tests/hosts.py`). The clock runs twice as fast as a real one, ten times with
`--quick`, and the lease (60 s) and the heartbeat (15 s) are shorter by as much. A killed daemon is
started again after five simulated seconds, as systemd does it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

from bars import Bar, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.hosts import Hosts, make_project, outcomes, searched_at_once
from tests.postgresql import new_database, temporary_server

SKILLS, CALLS, MINUTES = 200, 12, 10
SPEED, QUICK_SPEED = 2.0, 10.0
"""Simulated seconds in a second."""
DELAY_S = 0.005
"""Real seconds of a call."""
RESTART_S = 5.0
"""Simulated seconds until a killed daemon is started again."""
MOST_MINUTES = 60
"""Simulated minutes after which what has not ended counts as forgotten."""
_MACHINES = ("one", "two", "three")


def hosts(options: argparse.Namespace) -> tuple[str, list[Bar]]:
    """No skill is searched twice at once, and none is forgotten."""
    skills, speed = options.limit or SKILLS, QUICK_SPEED if options.quick else SPEED
    with (
        temporary_server() as server,
        new_database(server) as url,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        template = make_project(folder / "template", url, skills, options.calls or CALLS, 1)
        machines = Hosts(template, url, folder, speed, DELAY_S)
        for machine in _MACHINES:
            machines.start(machine)
        killed, ended_min = 0, None
        victims = cycle(_MACHINES)
        for minute in range(1, MOST_MINUTES + 1):
            _wait(machines, 60 * minute)
            unfinished = len(outcomes(url, skills).unfinished)
            print(f"fleet: minute {minute}, {unfinished} of {skills} to do", file=sys.stderr)
            if minute <= MINUTES:
                machine = next(victims)
                machines.kill(machine)
                killed += 1
                _wait(machines, 60 * minute + RESTART_S)
                machines.start(machine)
            if unfinished == 0 and ended_min is None:
                ended_min = minute
            if unfinished == 0 and minute > MINUTES:
                break
        codes = machines.end()
        calls, told, found = machines.calls(), machines.told(), outcomes(url, skills)
    at_once = searched_at_once(calls)
    shares = Counter(call.process.partition(":")[0] for call in calls)
    repeated = sum(n - 1 for n in told.values())
    rows: list[tuple[object, ...]] = [(m, shares[m], codes.get(m)) for m in _MACHINES]
    text = (
        f"{skills} skills, three daemons, one killed each minute for {MINUTES} minutes "
        f"(1 s = {speed:g} simulated s); all searches had ended in minute {ended_min}, "
        f"{len(calls)} calls, {len(told)} events\n{table(('machine', 'calls', 'exit'), rows)}"
    )
    return text, [
        Bar("daemons killed", float(killed), f">= {MINUTES}", killed >= MINUTES),
        Bar("skills searched twice at once", float(len(at_once)), "0", not at_once),
        Bar("skills searched again", float(len(found.twice)), "0", not found.twice),
        Bar("skills forgotten", float(len(found.unfinished)), "0", not found.unfinished),
        Bar("different results of equal skills", float(found.results), "1", found.results == 1),
        Bar("events told again", float(repeated), f"<= {MINUTES}", repeated <= MINUTES),
    ]


def _wait(machines: Hosts, until_s: float) -> None:
    """Wait until so many simulated seconds after the start."""
    time.sleep(max(0.0, machines.began + until_s / machines.speed - time.time()))
