"""Several daemons share the skills of one database: real processes, killed and stopped.

`benchmarks/run.py fleet --only hosts` has 200 skills, and ten kills.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.fleet import until
from tests.hosts import LEASE_S, Hosts, make_project, outcomes, searched_at_once
from tests.postgresql import Server, new_database

pytestmark = pytest.mark.slow

SPEED = 20.0
LEASE_IN_REAL_S = LEASE_S / SPEED


def check(hosts: Hosts, skills: int) -> None:
    """All searches ended, each was made once, and they found the same."""
    until(lambda: not outcomes(hosts.url, skills).unfinished, "all searches have ended", 240)
    codes = hosts.end()
    assert set(codes.values()) == {0}, hosts.errors()
    found = outcomes(hosts.url, skills)
    assert (found.unfinished, found.twice, found.results) == ((), (), 1)
    assert "Traceback" not in hosts.errors()


def test_three_daemons_of_which_one_is_killed_again_and_again(
    postgresql: Server, tmp_path: Path
) -> None:
    skills = 9
    with new_database(postgresql) as url:
        template = make_project(tmp_path / "template", url, skills, 12, 1)
        hosts = Hosts(template, url, tmp_path, SPEED, delay_s=0.02)
        for host in ("one", "two", "three"):
            hosts.start(host)
        for host in ("one", "two", "three"):
            before = len(hosts.calls())
            until(lambda before=before: len(hosts.calls()) > before + 5, "it is searched")
            hosts.kill(host)
            hosts.start(host)
        check(hosts, skills)
    assert searched_at_once(hosts.calls()) == set()
    assert len({call.process for call in hosts.calls()}) > 1
    assert sum(n - 1 for n in hosts.told().values()) <= 3


def test_a_daemon_that_stood_still_leaves_its_search_to_another(
    postgresql: Server, tmp_path: Path
) -> None:
    with new_database(postgresql) as url:
        template = make_project(tmp_path / "template", url, 1, 20, 1)
        hosts = Hosts(template, url, tmp_path, SPEED, delay_s=0.3)
        hosts.start("one")
        until(lambda: len(hosts.calls()) >= 3, "it searches")
        os.kill(hosts.running["one"].pid, signal.SIGSTOP)
        stopped = {call.process for call in hosts.calls()}
        hosts.start("two")
        until(
            lambda: {call.process for call in hosts.calls()} - stopped, "the other one goes on", 120
        )
        os.kill(hosts.running["one"].pid, signal.SIGCONT)
        until(lambda: "on two has taken over" in hosts.errors(), "it notices", 60)
        check(hosts, 1)
    calls = hosts.calls()
    # The stored replies are not asked again, and the one that woke up asks nothing more.
    last_of_first = max(call.began for call in calls if call.process in stopped)
    assert last_of_first < min(call.began for call in calls if call.process not in stopped)


def test_a_second_daemon_on_sqlite_shares_if_it_is_asked_to(tmp_path: Path) -> None:
    database = str(tmp_path / "shared.db")
    template = make_project(tmp_path / "template", database, 4, 12, 1)
    hosts = Hosts(template, database, tmp_path, SPEED, delay_s=0.05)
    for host in ("one", "two"):
        hosts.start(host)
        time.sleep(0.1)
    check(hosts, 4)
    assert searched_at_once(hosts.calls()) == set()
