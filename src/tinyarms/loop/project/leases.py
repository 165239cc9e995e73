"""Leases: one process at a time evolves a skill or starts its live test.

A process that dies is noticed: on its own machine at once, elsewhere when its lease has not been
renewed for `LEASE`. A process that stands still for longer loses its lease to whoever asks for it;
when it goes on, its next write under the lease is refused (`Store.fenced`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import LeaseHeld, LeaseLost, StoreError
from tinyarms.core.ids import content_hash, new_id
from tinyarms.loop.project.context import Context
from tinyarms.store.db.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=60)
"""Time after which a lease that is not renewed expires. Longer: a process may stand still for
longer, and the skills of a machine that died wait longer for another one."""

DAEMON = "*"
"""The lease under which a daemon tells events. The names of all leases of daemons begin so, and no
skill's name does."""


LeasedWork = Literal["evolve", "import", "refresh", "change of the splits", "start of a live test"]
"""What a process does under the lease of a skill, as `Another … of SKILL is running` says it."""


@contextmanager
def lease(context: Context, name: str, work: LeasedWork = "evolve") -> Iterator[None]:
    """Hold the lease of a skill; it is renewed meanwhile.

    `work`: what it is held for. Raises `LeaseHeld` while another living process holds it. Within
    the block, units of work raise `LeaseLost` once another process has had the lease.
    """
    holder = _holder(work)
    with context.store.unit_of_work() as unit:
        token = unit.leases.acquire(name, holder, LEASE)
        owner = unit.leases.holder(name) if token is None else None
        if owner is not None and _is_dead(owner):
            unit.leases.release(name, owner)
            token = unit.leases.acquire(name, holder, LEASE)
    if token is None:
        raise _held(name, owner)

    try:
        with (
            context.heartbeat.renewing(
                context.store, lambda unit: unit.leases.renew(name, holder, LEASE)
            ),
            context.store.fenced(name, token, partial(_lost, name)),
        ):
            yield
    except BaseException as error:
        # The error counts, not what fails after it; the lease of a dead process does not hold.
        store = context.store
        with suppress(StoreError), store.cleaning_up(error), store.unit_of_work() as unit:
            unit.leases.release(name, holder)
        raise
    with context.store.unit_of_work() as unit:
        unit.leases.release(name, holder)


@contextmanager
def daemon_lease(context: Context, *, beside: bool) -> Iterator[None]:
    """Be one of the daemons that `daemons` names.

    `beside`: whether others may run. Raises `LeaseHeld` if not, and one does.
    """
    name, holder = f"{DAEMON}{DAEMON}{new_id()[:8]}", _holder("evolve")
    with context.store.unit_of_work() as unit:
        living = _living(unit, DAEMON)
        if living and not beside:
            raise _held(DAEMON, next(iter(living.values())))
        for old in unit.leases.names(f"{DAEMON}{DAEMON}"):
            if old not in living:
                unit.leases.forget(old)
        unit.leases.acquire(name, holder, LEASE)

    def renew(unit: UnitOfWork) -> None:
        unit.leases.acquire(name, holder, LEASE)

    try:
        with context.heartbeat.renewing(context.store, renew):
            yield
    except BaseException as error:
        store = context.store
        with suppress(StoreError), store.cleaning_up(error), store.unit_of_work() as unit:
            unit.leases.forget(name)
        raise
    with context.store.unit_of_work() as unit:
        unit.leases.forget(name)


def end_evolve(work: UnitOfWork, name: str) -> None:
    """See to it that a search which runs now, or stands still, writes nothing more: its next write
    raises `LeaseLost`, and the skill can be evolved again at once."""
    if _work_of(work.leases.holder(name)) == "evolve":
        work.leases.revoke(name)


@contextmanager
def watching(context: Context, name: str) -> Iterator[None]:
    """Be the only daemon that looks after the skill. Raises `LeaseHeld` if another one does."""
    with lease(context, f"{DAEMON}{name}"):
        yield


@dataclass(frozen=True)
class AtWork:
    """Who works on a skill, and who would."""

    process: str | None
    """The living process that holds the skill's lease: `pid 1234`, with the machine if it is
    another one."""
    work: LeasedWork | str
    """What it does."""
    daemons: tuple[str, ...]
    """The daemons that run."""


def who_works(work: UnitOfWork, name: str) -> AtWork:
    """Who works on the skill now."""
    living = _living(work, DAEMON, name)
    holder = living.pop(name, None)
    process = None if holder is None else _describe(holder)
    return AtWork(process, _work_of(holder), _described(living))


def daemons(context: Context) -> tuple[str, ...]:
    """The daemons that run: `pid 1234`, with the machine if it is another one."""
    with context.store.read() as work:
        return _described(_living(work, DAEMON))


def working(work: UnitOfWork) -> list[str]:
    """What living processes do, in words: `the monitor`, `an import of feeling`."""
    words = [
        "the monitor" if name.startswith(DAEMON) else f"{_a(_work_of(holder))} of {name}"
        for name, holder in _living(work, "").items()
    ]
    return list(dict.fromkeys(words))


def _a(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def _living(work: UnitOfWork, begins_with: str, name: str | None = None) -> dict[str, str]:
    """Name → holder of the leases of living processes: of daemons, or all, and of the skill."""
    held = work.leases.held(begins_with, name)
    return {each: holder for each, holder in held.items() if not _is_dead(holder)}


def _described(living: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_describe, living.values())))


def _held(name: str, owner: str | None) -> LeaseHeld:
    if name.startswith(DAEMON):
        return LeaseHeld(
            f"Another daemon is running ({_describe(owner)}).",
            "Wait until it has ended, or end it. To let both share the skills: "
            "tinyarms monitor --share",
        )
    hint = "Wait until it has ended, or end it."
    if not _is_here(owner):
        hint = f"{hint} If its machine is down, this passes within {LEASE.total_seconds():.0f} s."
    what = f"Another {_work_of(owner)} of {name}"
    return LeaseHeld(f"{what} is running ({_describe(owner)}).", hint)


def _lost(name: str, owner: str | None) -> LeaseLost:
    skill = name.removeprefix(DAEMON) or "the project"
    by = "Another process" if owner is None else _describe(owner).capitalize()
    why = f"this process stood still for more than {LEASE.total_seconds():.0f} s"
    taken = f"{by} has taken over, because {why}"
    if owner is None:
        taken += ", or a user was forgotten whose texts it had"
    return LeaseLost(
        f"{skill}: {taken}.", "What it stored before stays. Do it again, and it goes on from there."
    )


def _holder(work: LeasedWork) -> str:
    process = f"{socket.gethostname()}|{os.getpid()}|{_started(os.getpid())}"
    return f"{process}|{new_id()[:8]}|{work}|{_machine()}"


def _work_of(holder: str | None) -> str:
    """Processes of an earlier version do not say it; nearly always it is an evolve."""
    parts = (holder or "").split("|")
    return parts[4] if len(parts) in (5, 6) else "evolve"


def _is_here(holder: str | None) -> bool:
    """Whether it is a process of this machine; an earlier version says only the machine's name."""
    parts = (holder or "").split("|")
    machine = parts[5] if len(parts) == 6 else _machine()
    return parts[0] == socket.gethostname() and machine == _machine()


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended, even if its id is reused."""
    parts = holder.split("|")
    if len(parts) not in (4, 5, 6) or not _is_here(holder):
        return False
    return _started(int(parts[1])) != parts[2]


def _describe(holder: str | None) -> str:
    host, pid, *_ = [*(holder or "").split("|"), ""]
    return f"pid {pid}" if _is_here(holder) else f"pid {pid} on {host}"


@cache
def _machine() -> str:
    """What only processes share that see each other's numbers: this start of this machine, and of
    its containers this one. Several machines or containers may have the same name."""
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text()
        return content_hash([start, Path("/proc/self/ns/pid").stat().st_ino])[:8]
    except OSError:
        return f"{uuid.getnode():x}"


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
