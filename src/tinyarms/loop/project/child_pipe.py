"""A child process that answers one line of JSON with another, within a limited time."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_LOOK_S = 0.2
"""Seconds between two looks whether the child still runs. Higher: a death is noticed later where
something that it started keeps the pipe open."""
_CHUNK = 65536
"""Most bytes of one read or write. Higher: fewer system calls for long texts."""


@dataclass
class Child:
    """The running child process, and the process that started it."""

    process: subprocess.Popen[bytes]
    owner: int
    stopped: bool = False
    """Whether this side has killed it."""

    def kill(self) -> None:
        """Kill it with all that it started. Any thread may call it."""
        if not self.stopped and os.getpid() == self.owner:  # A fork of its owner must not.
            self.stopped = True
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> int:
        """The exit status, after killing it. Only for the thread that talks to it."""
        self.kill()
        if os.getpid() != self.owner:
            return 0
        status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return status


def start_child(owner: object, script: str, folder: Path) -> Child:
    """Run a Python script in this folder. It is killed when `owner` is deleted, and at the end."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-P", "-B", "-u", script]
    process = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, bufsize=0, cwd=folder, start_new_session=True
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    child = Child(process, os.getpid())
    weakref.finalize(owner, child.end)
    return child


def talk(process: subprocess.Popen[bytes], line: bytes, limit_s: float, memory_mb: int) -> bytes:
    """What the child writes up to the end of a line in JSON, of its output or of the time.

    Its standard input must not block. Where the system keeps no memory limit, a child that is
    larger than `memory_mb` MiB is killed.
    """
    assert process.stdin is not None and process.stdout is not None
    deadline, text = monotonic() + limit_s, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        while (left_s := deadline - monotonic()) > 0:
            is_dead = process.poll() is not None
            ready = [
                key.fileobj for key, _ in selector.select(0 if is_dead else min(left_s, _LOOK_S))
            ]
            if process.stdin in ready:
                line = _rest(process.stdin.fileno(), line)
                if not line:
                    selector.unregister(process.stdin)
            if process.stdout in ready:
                more = os.read(process.stdout.fileno(), _CHUNK)
                text += more
                if not more or (text.startswith(b"{") and text.endswith(b"\n")):
                    break
            elif is_dead:
                break
            elif not ready and sys.platform != "linux" and size_mb(process.pid) > memory_mb:
                process.kill()
    return text


def _rest(pipe: int, line: bytes) -> bytes:
    """What is left of the line after as much of it was written as fits."""
    try:
        return line[os.write(pipe, line[:_CHUNK]) :]
    except BlockingIOError:
        return line
    except BrokenPipeError:  # It does not read any more; its output says why.
        return b""


def size_mb(pid: int) -> float:
    """The memory of a process in MiB, as `ps` says; 0 if it has ended."""
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True)
    return int(listed.stdout.strip() or 0) / 1024
