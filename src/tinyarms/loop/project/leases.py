"""One process at a time works on a skill: evolving it, or starting its live test.

And one daemon at a time runs in a project.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tinyarms.core.errors import LeaseHeld
from tinyarms.core.ids import new_id
from tinyarms.loop.project.context import Context

_LONGEST = timedelta(days=1)
"""After this a lease of another machine counts as left behind; here, a dead process is seen."""


DAEMON = "*"
"""Stands in a skill's place in the lease of the daemon; no skill has this name."""


@contextmanager
def lease(context: Context, name: str) -> Iterator[Callable[[], None]]:
    """Hold the skill; what it yields renews the lease.

    Raises `LeaseHeld` while another process that lives holds it.
    """
    holder = f"{socket.gethostname()}|{os.getpid()}|{_started(os.getpid())}|{new_id()[:8]}"
    with context.store.unit_of_work() as work:
        now = context.clock()
        owner = work.leases.holder(name, now)
        if owner is not None and _is_dead(owner):
            work.leases.release(name, owner)
        acquired = work.leases.acquire(name, holder, now, _LONGEST)
    if not acquired:
        subject = "Another daemon" if name == DAEMON else f"Another evolve of {name}"
        raise LeaseHeld(
            f"{subject} is running ({_describe(owner)}).", "Wait until it has ended, or end it."
        )

    def renew() -> None:
        with context.store.unit_of_work() as work:
            work.leases.acquire(name, holder, context.clock(), _LONGEST)

    try:
        yield renew
    finally:
        with context.store.unit_of_work() as work:
            work.leases.release(name, holder)


def held_by(context: Context, name: str) -> str | None:
    """Who holds the skill and lives: `pid 1234`, with the machine if it is another one."""
    with context.store.read() as work:
        holder = work.leases.holder(name, context.clock())
    return None if holder is None or _is_dead(holder) else _describe(holder)


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone, its number reused or not."""
    parts = holder.split("|")
    if len(parts) != 4 or parts[0] != socket.gethostname():
        return False
    return _started(int(parts[1])) != parts[2]


def _describe(holder: str | None) -> str:
    host, pid, *_ = [*(holder or "").split("|"), ""]
    return f"pid {pid}" if host == socket.gethostname() else f"pid {pid} on {host}"


def _started(pid: int) -> str:
    """When the process began, in whatever form the system says it; empty if there is none."""
    try:
        # The name of the program may hold spaces and brackets; the 20th field after it is the one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
