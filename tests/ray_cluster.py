"""A Ray cluster of several nodes on this machine, which machines join and leave.

`python -m tests.ray_cluster` starts its first node, with one core, and prints its address. It reads
`join N` (a node with N cores joins) and `leave` (the newest leaves) and prints a line after each.
It ends with its standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

MARK = "TINYARMS_TEST_CLUSTER"
"""The variable by which the processes of a cluster are found."""
_SMALL: dict[str, Any] = {
    "object_store_memory": 80 * 2**20,
    "include_dashboard": False,
    "include_log_monitor": False,
    "no_monitor": True,
}
"""What a node does without: a busy machine starts it in time."""
_PASSED_ON = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR")


class Cluster:
    def __init__(self, process: subprocess.Popen[str], mark: str, address: str) -> None:
        self._process = process
        self._mark = mark
        self.address = address

    def join(self, cores: int) -> None:
        self._say(f"join {cores}")

    def leave(self) -> None:
        self._say("leave")

    def actors(self) -> int:
        """How many actors run in it."""
        return sum(
            (Path("/proc") / str(pid) / "cmdline").read_bytes().startswith(b"ray::ModelActor")
            for pid in self._pids()
        )

    def _pids(self) -> Iterator[int]:
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and self._mark.encode() in (
                    (folder / "environ").read_bytes()
                ):
                    yield int(folder.name)

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


def without_ray(environ: dict[str, str]) -> dict[str, str]:
    """Without what a Ray of this process has left there."""
    return {key: value for key, value in environ.items() if not key.startswith("RAY_")}


@contextmanager
def cluster() -> Iterator[Cluster]:
    mark = uuid4().hex
    environment = {
        **{key: value for key, value in os.environ.items() if key in _PASSED_ON},
        MARK: mark,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_raylet_start_wait_time_s": "600",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ray_cluster"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address, "the cluster does not start"
        yield Cluster(process, mark, address)
    finally:
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
        process.stdout.close()


def main() -> None:
    from ray.cluster_utils import Cluster as Nodes

    said, sys.stdout = sys.stdout, sys.stderr
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, **_SMALL})
    joined = []
    print(nodes.address, file=said, flush=True)
    try:
        for line in sys.stdin:
            word, *cores = line.split()
            if word == "join":
                joined.append(nodes.add_node(num_cpus=int(cores[0]), **_SMALL))
            else:
                nodes.remove_node(joined.pop(), allow_graceful=False)
            print("done", file=said, flush=True)
    finally:
        nodes.shutdown()


if __name__ == "__main__":
    main()
