"""Leases: one process at a time evolves a skill or starts its live test.

Also, one daemon at a time runs in a project.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import LeaseHeld, StoreError
from tinyarms.core.ids import new_id
from tinyarms.loop.project.context import Context
from tinyarms.store.db.unit_of_work import UnitOfWork

_LONGEST = timedelta(days=1)
"""Time after which a lease of another machine expires; on this machine, a dead process is
detected."""


DAEMON = "*"
"""Replaces the skill's name in the daemon's lease; no skill can have this name."""


LeasedWork = Literal["evolve", "import", "refresh", "change of the splits", "start of a live test"]
"""What a process does under the lease of a skill, as `Another … of SKILL is running` says it."""


@contextmanager
def lease(context: Context, name: str, work: LeasedWork = "evolve") -> Iterator[Callable[[], None]]:
    """Hold the lease of a skill; yields a function that renews it.

    `work`: what it is held for. Raises `LeaseHeld` while another living process holds it.
    """
    process = f"{socket.gethostname()}|{os.getpid()}|{_started(os.getpid())}"
    holder = f"{process}|{new_id()[:8]}|{work}"
    with context.store.unit_of_work() as unit:
        now = context.clock()
        owner = unit.leases.holder(name, now)
        if owner is not None and _is_dead(owner):
            unit.leases.release(name, owner)
        acquired = unit.leases.acquire(name, holder, now, _LONGEST)
    if not acquired:
        what = f"Another {_work_of(owner)} of {name}"
        subject = "Another daemon" if name == DAEMON else what
        raise LeaseHeld(
            f"{subject} is running ({_describe(owner)}).", "Wait until it has ended, or end it."
        )

    def renew() -> None:
        with context.store.unit_of_work() as unit:
            unit.leases.acquire(name, holder, context.clock(), _LONGEST)

    try:
        yield renew
    except BaseException as error:
        # The error counts, not what fails after it; the lease of a dead process does not hold.
        store = context.store
        with suppress(StoreError), store.cleaning_up(error), store.unit_of_work() as unit:
            unit.leases.release(name, holder)
        raise
    with context.store.unit_of_work() as unit:
        unit.leases.release(name, holder)


def held_by(context: Context, name: str) -> str | None:
    """The living process that holds the lease: `pid 1234`, with the machine if it is another
    one."""
    with context.store.read() as work:
        return holder_of(work, name, context.clock())


def holder_of(work: UnitOfWork, name: str, now: datetime) -> str | None:
    """The same in a unit of work."""
    return holder_and_work(work, name, now)[0]


def holder_and_work(work: UnitOfWork, name: str, now: datetime) -> tuple[str | None, str]:
    """The same, and what the process does under the lease."""
    holder = work.leases.holder(name, now)
    living = None if holder is None or _is_dead(holder) else _describe(holder)
    return living, _work_of(holder)


def _work_of(holder: str | None) -> str:
    """Processes of an earlier version do not say it; nearly always it is an evolve."""
    parts = (holder or "").split("|")
    return parts[4] if len(parts) == 5 else "evolve"


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended, even if its id is reused."""
    parts = holder.split("|")
    if len(parts) not in (4, 5) or parts[0] != socket.gethostname():
        return False
    return _started(int(parts[1])) != parts[2]


def _describe(holder: str | None) -> str:
    host, pid, *_ = [*(holder or "").split("|"), ""]
    return f"pid {pid}" if host == socket.gethostname() else f"pid {pid} on {host}"


def _started(pid: int) -> str:
    """The start time of the process, in the system's form; empty if there is no such process."""
    try:
        # The program's name may contain spaces and brackets; the start time is the 20th field after
        # it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
