"""The child process that keeps a Ray of this machine: on loopback, and only while its parent lives.

Started by `models.ray.local` as `python -m tinyarms.models.ray.head`. It reads one JSON line from
standard input (`folder`, `num_cpus`, `num_gpus`), starts Ray's processes, prints one JSON line
(`address`, or `error`) once they are up, and ends them when its standard input closes, that is,
when its parent has ended. It does not import Ray, so it starts and ends at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

OBJECT_STORE_BYTES = 80 * 2**20
"""Shared memory of Ray's object store, in bytes: near Ray's least. Requests and replies are small.
Higher: more memory that nothing uses."""
_ADDRESS_FILE = "ray_current_cluster"
_LOOK_EVERY_S = 0.05
"""Seconds between two looks whether Ray is up. Lower: it is found a little sooner."""


def main() -> None:
    """Keep Ray until the parent has ended."""
    parent = os.getppid()
    options = json.loads(sys.stdin.buffer.readline())
    folder = Path(options["folder"])
    with (folder / "start.log").open("wb") as log:
        process = subprocess.Popen(
            _command(options), stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
        )
        try:
            _say(_start(process, folder, parent))
            while process.poll() is None and not _has_parent_ended(parent, 1.0):
                pass
        finally:
            _end(process, folder)


def _command(options: dict[str, Any]) -> list[str]:
    flags = {
        "node-ip-address": "127.0.0.1",
        "port": 0,
        "include-dashboard": "false",
        "include-log-monitor": "false",
        "min-worker-port": 0,
        "max-worker-port": 0,
        "temp-dir": options["folder"],
        "object-store-memory": OBJECT_STORE_BYTES,
        "num-cpus": options["num_cpus"],
        "num-gpus": options["num_gpus"],
    }
    words = [f"--{key}={value}" for key, value in flags.items() if value is not None]
    fixed = ["start", "--head", "--block", "--no-monitor", "--disable-usage-stats"]
    return [sys.executable, "-P", "-m", "ray.scripts.scripts", *fixed, *words]


def _start(process: subprocess.Popen[bytes], folder: Path, parent: int) -> dict[str, str]:
    """What to tell the parent."""
    address = folder / _ADDRESS_FILE
    while process.poll() is None:
        with contextlib.suppress(OSError):
            if text := address.read_text():
                return {"address": text.strip()}
        if _has_parent_ended(parent, _LOOK_EVERY_S):
            return {"error": "the program that started it has ended"}
    said = (folder / "start.log").read_text(errors="replace").strip().splitlines()
    return {"error": said[-1] if said else f"it ended with status {process.returncode}"}


def _say(line: dict[str, str]) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _has_parent_ended(parent: int, wait_s: float) -> bool:
    # Not PR_SET_PDEATHSIG: it fires when the *thread* that started this process ends. The parent's
    # id is checked too, because a fork of the parent may keep the pipe open.
    readable, _, _ = select.select([0], [], [], wait_s)
    return bool(readable and not os.read(0, 4096)) or os.getppid() != parent


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """End Ray's processes at once, because nothing of theirs is to be kept, and remove their
    files."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
