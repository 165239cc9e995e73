"""A search by a fleet of real Ray actors: it finds what it finds without them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
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
from tests.ray_cluster import cluster, without_ray
from tinyarms.core.errors import UsageError
from tinyarms.loop.api import TinyArms
from tinyarms.models.ray.local import LocalRay

pytestmark = pytest.mark.slow
CALLS = 120


@pytest.fixture(scope="module")
def server() -> Iterator[SlowServer]:
    with SlowServer(0.02) as running:
        yield running


@pytest.fixture(scope="module")
def locked() -> Iterator[tuple[str, dict[str, str]]]:
    """A cluster that lets in only who has its key: its address, and what such a program needs."""
    cluster = LocalRay(num_cpus=1)
    try:
        address = cluster.start()
        yield address, {key: os.environ[key] for key in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH")}
    finally:
        cluster.close()


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


def test_a_cluster_from_the_command_line_runs_the_fleet(
    server: SlowServer,
    alone: list[tuple[object, ...]],
    locked: tuple[str, dict[str, str]],
    tmp_path: Path,
) -> None:
    root = fleet_project(tmp_path, [server.url], "fleet", actors=2)
    address, key = locked
    words = ("prompt", "evolve", "--all", "--cluster", address, "--budget", str(CALLS), "--json")
    with program(root, *words, **key) as running:
        out, said = running.communicate(timeout=400)
    assert running.returncode == 0, said
    assert [view["skill"] for view in json.loads(out)["evolved"]] == [SKILL]
    assert found(root) == alone


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


@pytest.mark.parametrize("key", ["none", "another", "no file"])
def test_a_cluster_that_asks_for_another_key_is_named(
    locked: tuple[str, dict[str, str]], tmp_path: Path, key: str
) -> None:
    address, _ = locked
    (tmp_path / "key").write_text("0" * 64)
    file = tmp_path / ("nothing" if key == "no file" else "key")
    shown = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(file)}
    said = refused(tmp_path / "project", address, **({} if key == "none" else shown))
    assert f"The Ray cluster at {address} cannot be joined: " in said
    wrong = f"the file of its key, {file}, cannot be read" if key == "no file" else "asks for a key"
    assert wrong in said
    assert "Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to a file" in said


def test_a_cluster_of_another_version_is_named(
    locked: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, key = locked
    other = [sys.executable, "-c", _OTHER_VERSION, address]
    subprocess.run(other, env={**without_ray(dict(os.environ)), **key}, check=True)
    said = refused(tmp_path, address, **key)
    assert f"at {address} cannot be joined: it runs Ray 1.0 on Python 3.6.1, and this" in said


@pytest.mark.parametrize(
    ("heard", "what"),
    [
        (b"", "something that says nothing listens there"),
        (b"-ERR unknown command 'PRI'\r\n", "something else listens there"),  # Redis
        (b"\0\0\0\x04\0\0\0\0\0", "nothing within 10 s"),  # speaks HTTP/2, and then nothing
    ],
)
def test_an_address_where_something_else_listens_is_named(
    tmp_path: Path, heard: bytes, what: str
) -> None:
    with listener(heard) as (address, _):
        said = refused(tmp_path, address)
    assert f"No Ray cluster answers at {address} ({what})" in said


def test_an_http_server_is_no_cluster(tmp_path: Path, server: SlowServer) -> None:
    address = server.url.removeprefix("http://").removesuffix("/v1")
    for named in (address, f"ray://{address}"):
        said = refused(tmp_path / named[:3], named)
        if "ray[client]" not in said:  # grpcio is not installed
            assert f"No Ray cluster answers at {named} (something else listens there)" in said


@pytest.mark.parametrize("says", [b"", b"\0\0\0\x04\0\0\0\0\0"])
def test_ctrl_c_ends_a_program_that_waits_for_a_cluster(tmp_path: Path, says: bytes) -> None:
    root = fleet_project(tmp_path, ["http://127.0.0.1:9/v1"], "fleet")
    with listener(says) as (address, connections):
        with program(root, *evolve_words(CALLS), "--cluster", address) as running:
            # The second one is that of Ray's client, in a process of its own.
            until(lambda: len(connections) > bool(says), "it asks")
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=20)
            seconds = time.monotonic() - began
        assert running.returncode == 130
        assert seconds < 5


def test_a_cluster_without_a_fleet_is_refused(tmp_path: Path) -> None:
    root = fleet_project(tmp_path, ["http://127.0.0.1:9/v1"], "small")
    config = root / "config.yaml"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "kind: ray" not in line))
    with pytest.raises(UsageError, match=r"no model in config\.yaml is of `kind: ray`"):
        TinyArms.open(root, environ={}, cluster="10.0.0.5:6379")
    with pytest.raises(UsageError, match="write HOST:PORT"):
        TinyArms.open(root, environ={}, cluster="auto")


_OTHER_VERSION = """
import sys, json
from ray._raylet import GcsClient
version = json.dumps({"ray_version": "1.0", "python_version": "3.6.1"}).encode()
GcsClient(address=sys.argv[1]).internal_kv_put(b"CLUSTER_METADATA", version, True, b"cluster")
"""


def refused(root: Path, address: str, **environ: str) -> str:
    """What a search says that may not join the cluster at this address."""
    root.mkdir(exist_ok=True)
    fleet_project(root, ["http://127.0.0.1:9/v1"], "fleet")
    with program(root, *evolve_words(CALLS), "--cluster", address, **environ) as running:
        _, said = running.communicate(timeout=100)
    assert running.returncode == 1, said
    assert "Traceback" not in said
    return said


@contextlib.contextmanager
def listener(says: bytes) -> Iterator[tuple[str, list[socket.socket]]]:
    """A port that takes connections, says this to each and then nothing more; its
    address, and the connections."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        connections: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(port.accept()[0])
                    connections[-1].sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{port.getsockname()[1]}", connections
        finally:
            port.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


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
