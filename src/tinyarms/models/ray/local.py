"""A Ray that this process starts: on loopback, with a clean environment and a key of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tinyarms.core.errors import ModelUnavailable
from tinyarms.models.ray.head import OBJECT_STORE_BYTES

_PREFIX = "tinyarms-ray-"
_START_S = 120.0
"""Seconds that Ray may take to start. Higher: a machine that is very busy is waited for."""
_STOP_S = 3.0
"""Seconds for Ray's processes to end. Higher: a slow end is orderly."""
_PASSED_ON = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ")
_PASSED_ON_FAMILIES = ("CUDA_", "LC_", "NVIDIA_", "OMP_", "ROCR_", "HIP_")
"""Beginnings of the names of variables that say which cores and GPUs a process may use."""
_token = secrets.token_hex(32)
"""What a client of the Ray of this process has to show. Ray reads it once in each process."""


def environment_of_ray(token_file: Path) -> dict[str, str]:
    """The environment of Ray's processes and actors: nothing of this one's that may be a secret."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in _PASSED_ON or key.startswith(_PASSED_ON_FAMILIES)
    }
    return {**kept, "RAY_USAGE_STATS_ENABLED": "0", **_shown(token_file)}


def _shown(token_file: Path) -> dict[str, str]:
    """What a process of the Ray and one that connects to it must both have."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_file),
        # Its name is historical: without a "cluster", Ray stays on loopback.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }


class LocalRay:
    """Ray's processes on this machine. They end with `close()` or with this process, however this
    process ends. Made before Ray is imported, so that Ray finds its key.
    """

    def __init__(self, num_cpus: float | None = None, num_gpus: float | None = None) -> None:
        """`num_cpus`, `num_gpus`: what Ray may give to actors; `None`: what the machine has."""
        _remove_left_overs()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir="/tmp"))
        self._token_file = self._folder / "token"
        self._token_file.touch(0o600)
        self._token_file.write_text(_token)
        os.environ.update(_shown(self._token_file))  # Ray reads it when it is imported
        self._options = {"folder": str(self._folder), "num_cpus": num_cpus, "num_gpus": num_gpus}
        self._lock = threading.Lock()
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it; returns its address. Raises `ModelUnavailable`."""
        environment = environment_of_ray(self._token_file)
        with self._lock:
            if self._is_closed:
                raise ModelUnavailable("Ray was stopped while it started.")
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tinyarms.models.ray.head"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches only this process, which ends Ray
            )
        answer = _exchange(process, json.dumps(self._options).encode() + b"\n")
        if "address" not in answer:
            self.close()
            raise ModelUnavailable(
                f"Ray does not start on this machine ({answer['error'].rstrip('.')}).",
                f"It needs some 600 MB of memory, {OBJECT_STORE_BYTES // 2**20} MB of them in "
                "/dev/shm, and free ports on 127.0.0.1.",
            )
        return answer["address"]

    def close(self) -> None:
        """End Ray's processes and remove their files."""
        with self._lock:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(BrokenPipeError):
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        pipe.close()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> dict[str, str]:
    """Send a line and return the JSON line that comes back, or an `error`."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None
    received, deadline_s = b"", time.monotonic() + _START_S
    try:
        stdin.write(line)
        stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not selector.select(max(0.0, deadline_s - time.monotonic())):
                    return {"error": f"it was not up after {_START_S:.0f} s"}
                chunk = os.read(stdout.fileno(), 4096)
                if not chunk:
                    return {"error": "its first process ended"}
                received += chunk
    except (OSError, ValueError):  # closed meanwhile
        return {"error": "it was stopped while it started"}
    answer: dict[str, str] = json.loads(received)
    return answer


def _remove_left_overs() -> None:
    """Remove the folders of processes that were killed together with their Ray."""
    for folder in Path("/tmp").glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            if folder.owner() == Path.home().owner() and not _is_running(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
