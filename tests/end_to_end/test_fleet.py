"""A search by a fleet of real Ray actors: it finds what it finds without them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.project import SKILL, open_project
from tests.fleet import (
    SlowServer,
    evolve_words,
    fleet_project,
    found,
    kill_actor,
    program,
    ray_processes,
    until,
)
from tests.ray_cluster import cluster
from tinyarms.core.errors import UsageError
from tinyarms.loop.api import TinyArms
from tinyarms.models.ray.local import LocalRay

pytestmark = pytest.mark.slow
CALLS = 120


@pytest.fixture(scope="module")
def server() -> Iterator[SlowServer]:
    with SlowServer(0.02) as running:
        yield running


def search(root: Path) -> list[tuple[object, ...]]:
    with open_project(root) as arms:
        arms.evolve(SKILL, budget_calls=CALLS)
    return found(root)


@pytest.fixture(scope="module")
def alone(server: SlowServer, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What the search finds without a fleet, one call after the other."""
    return search(fleet_project(tmp_path_factory.mktemp("alone"), [server.url], "small"))


def test_a_fleet_finds_the_same(
    server: SlowServer, alone: list[tuple[object, ...]], tmp_path: Path
) -> None:
    assert search(fleet_project(tmp_path, [server.url], "fleet")) == alone
    until(lambda: not ray_processes(os.getpid()), "Ray has ended", 20)


def test_a_batch_finds_the_same_whatever_the_number_of_workers(
    server: SlowServer, tmp_path: Path
) -> None:
    one = search(fleet_project(tmp_path / "one", [server.url], "small", batch=8))
    several = search(fleet_project(tmp_path / "several", [server.url], "several", batch=8))
    fleet = search(fleet_project(tmp_path / "fleet", [server.url], "fleet", batch=8))
    assert one == several == fleet


def test_actors_that_are_killed_change_nothing(
    server: SlowServer, alone: list[tuple[object, ...]], tmp_path: Path
) -> None:
    root = fleet_project(tmp_path, [server.url], "fleet")
    kills, is_over, rng = 0, threading.Event(), random.Random(1)

    def kill() -> None:
        nonlocal kills
        before = server.calls
        while not is_over.wait(0.2):
            if server.calls > before + 5 and kill_actor(os.getpid(), rng.choice):
                kills, before = kills + 1, server.calls

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        assert search(root) == alone
    finally:
        is_over.set()
        killer.join()
    assert kills >= 3


def test_a_search_whose_program_is_killed_goes_on(
    server: SlowServer, alone: list[tuple[object, ...]], tmp_path: Path
) -> None:
    root, before = fleet_project(tmp_path, [server.url], "fleet"), server.calls
    with program(root, *evolve_words(CALLS)) as running:
        until(lambda: server.calls > before + 60, "60 calls")
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: not ray_processes(running.pid), "Ray has ended", 20)
    resumed_at = server.calls
    assert search(root) == alone
    resumed, fresh = server.calls - resumed_at, server.calls
    assert search(fleet_project(tmp_path / "fresh", [server.url], "small")) == alone
    assert resumed < server.calls - fresh - 40  # what was stored is not made again


def test_ctrl_c_ends_calls_that_hang_and_ray(tmp_path: Path) -> None:
    with SlowServer(60) as server:
        root = fleet_project(tmp_path, [server.url], "fleet")
        with program(root, *evolve_words(CALLS)) as running:
            until(lambda: any("ModelActor" in c for c in ray_processes(running.pid).values()), "up")
            time.sleep(2)
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=20)
            assert running.returncode == 130
            assert "Stopped after 0 task calls" in said
            assert time.monotonic() - began < 10
        until(lambda: not ray_processes(running.pid), "Ray has ended", 10)


def test_ray_listens_on_loopback_and_has_no_key_in_its_environment(
    server: SlowServer, tmp_path: Path
) -> None:
    root = fleet_project(tmp_path, [server.url], "fleet")
    server.delay_s = 0.3
    try:
        with program(root, *evolve_words(CALLS), MY_API_KEY="secret-4711") as running:
            before = server.calls
            until(lambda: server.calls > before + 2, "calls")
            pids = ray_processes(running.pid)
            addresses = listening(set(pids))
            for pid in pids:
                assert b"secret-4711" not in Path(f"/proc/{pid}/environ").read_bytes()
            running.send_signal(signal.SIGINT)
    finally:
        server.delay_s = 0.02
    assert len(pids) >= 6
    assert addresses
    assert {address for address in addresses if not is_loopback(address)} == set()


@pytest.mark.xfail(run=False, reason="hangs on this machine since searches share calls: open fault")
def test_a_cluster_from_the_command_line_runs_the_fleet(
    server: SlowServer, alone: list[tuple[object, ...]], tmp_path: Path
) -> None:
    root = fleet_project(tmp_path, [server.url], "fleet", actors=2)
    cluster = LocalRay(num_cpus=1)
    try:
        words = ("prompt", "evolve", "--all", "--cluster", cluster.start())
        with program(root, *words, "--budget", str(CALLS), "--json") as running:
            out, said = running.communicate(timeout=240)
        assert running.returncode == 0, said
        assert [view["skill"] for view in json.loads(out)["evolved"]] == [SKILL]
        assert found(root) == alone
    finally:
        cluster.close()


def test_machines_join_and_leave_during_a_search(
    alone: list[tuple[object, ...]], tmp_path: Path
) -> None:
    """One actor has room at first; two more start when a machine joins, and take part."""
    with SlowServer(2.0) as server, cluster() as machines:
        root = fleet_project(tmp_path, [server.url], "fleet", actors=3)
        config = root / "config.yaml"
        config.write_text(config.read_text().replace("num_cpus: 0.1", "num_cpus: 1"))
        words = (*evolve_words(CALLS), "--cluster", machines.address)
        with program(root, *words) as running:
            until(lambda: server.calls > 2, "the first actor answers", 400)
            assert (machines.actors(), server.at_once) == (1, 1)
            machines.join(2)
            until(lambda: machines.actors() == 3, "the actors of the machine that joined", 400)
            until(lambda: server.at_once == 3, "they take part", 60)
            assert running.poll() is None  # still during the search
            server.delay_s = 0.3
            machines.leave()
            until(lambda: machines.actors() == 1, "the actors of the machine that left", 200)
            assert running.poll() is None
            server.delay_s = 0.02
            _, said = running.communicate(timeout=240)
        assert running.returncode == 0, said
    assert found(root) == alone


def test_a_cluster_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        root = fleet_project(tmp_path, ["http://127.0.0.1:9/v1"], "fleet")
        with program(root, *evolve_words(CALLS), "--cluster", address) as running:
            _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert f"No Ray cluster answers at {address}" in said


def test_a_cluster_without_a_fleet_is_refused(tmp_path: Path) -> None:
    root = fleet_project(tmp_path, ["http://127.0.0.1:9/v1"], "small")
    config = root / "config.yaml"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "kind: ray" not in line))
    with pytest.raises(UsageError, match=r"no model in config\.yaml is of `kind: ray`"):
        TinyArms.open(root, environ={}, cluster="10.0.0.5:6379")
    with pytest.raises(UsageError, match="write HOST:PORT"):
        TinyArms.open(root, environ={}, cluster="auto")


def actors_of(pid: int) -> int:
    return sum(c.startswith("ray::ModelActor") for c in ray_processes(pid).values())


def listening(pids: set[int]) -> set[str]:
    """The addresses, in hexadecimal, on which these processes listen."""
    inodes = set()
    for pid in pids:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes.add(str(fd.readlink()).removeprefix("socket:[").rstrip("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in inodes:
                found.add(words[1].partition(":")[0])
    return found


def is_loopback(address: str) -> bool:
    return address in ("0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000")
