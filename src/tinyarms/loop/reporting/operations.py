"""What runs, waits and is held in a project, for the person who runs it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.clock import utc_now
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import who_works
from tinyarms.loop.reporting.population import best_so_far
from tinyarms.loop.searching.pricing import prices_of
from tinyarms.store.db.records import SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.spool import MAX_BYTES

_CALLS = ("task_calls", "test_calls", "writer_calls", "judge_calls")
_ETIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")
"""How long a process has run, as `ps` prints it: `[[days-]hours:]minutes:seconds`."""


@dataclass(frozen=True)
class SkillLock:
    """A skill on which one process works, so that no other does."""

    skill: str
    holder: str
    """`pid 1234`, with the machine if it is another one."""
    work: str
    """What the process does: `evolve`, `import`, `refresh` …"""
    since: datetime | None
    """When the process began; `None`: it runs on another machine."""


@dataclass(frozen=True)
class SpoolView:
    """Tasks and feedback that wait beside the project until the database can store them."""

    lines: int
    """Number of tasks and pieces of feedback."""
    bytes: int
    """Size of their files."""
    most_bytes: int
    """Size from which no more are kept."""


@dataclass(frozen=True)
class RunningSearch:
    """A search that runs, or that was interrupted and can be resumed."""

    skill: str
    session_id: str
    stage: str
    """`search`, or `offline gate`."""
    running: str | None
    """The process that runs it: `pid 1234`; `None`: it waits to be resumed."""
    began_at: datetime
    """When it began first."""
    calls: int
    """Model calls so far, of every kind. Cached replies are not calls."""
    most_calls: int | None
    """Most task calls of its budget; the gate's and the writer's calls come on top. `None`: no
    limit."""
    best: float | None
    """Mean score of the best candidate so far, as `PopulationView.best`, in [0, 1]; `None` before
    one has run."""
    best_n: int
    """Number of its examples."""
    money: float | None
    """US dollars so far; `None`: a price is not known."""


def locks(context: Context) -> tuple[SkillLock, ...]:
    """The skills that living processes work on, in the order of the config."""
    with context.store.read() as work:
        found = [(name, who_works(work, name)) for name in context.project.names]
    return tuple(
        SkillLock(name, at_work.process, at_work.work, _began(at_work.process))
        for name, at_work in found
        if at_work.process is not None
    )


def spool(context: Context) -> SpoolView:
    """What waits beside the project. Needs no database."""
    length = context.standby.spools.length()
    return SpoolView(length.lines, length.bytes, MAX_BYTES)


def running_searches(context: Context, held: Iterable[SkillLock]) -> tuple[RunningSearch, ...]:
    """The searches that are not over, in the order of the skills. `held`: what `locks` found."""
    holders = {lock.skill: lock.holder for lock in held if lock.work == "evolve"}
    found = []
    with context.store.read() as work:
        for name in context.project.names:
            session = work.sessions.open(name)
            if session is not None and session.in_search:
                found.append(_running(context, work, session, holders.get(name)))
    return tuple(found)


def _running(
    context: Context, work: UnitOfWork, session: SessionRecord, holder: str | None
) -> RunningSearch:
    counts, best = work.calls.counts(session.id), best_so_far(work, session.id)
    return RunningSearch(
        skill=session.skill,
        session_id=session.id,
        stage="offline gate" if session.state is SessionState.READY else "search",
        running=holder,
        began_at=session.triggered_at,
        calls=sum(counts[kind] for kind in _CALLS),
        most_calls=session.search_plan.budget.calls,
        best=None if best is None else best.accuracy,
        best_n=0 if best is None else best.n,
        money=work.calls.money(session.id, prices_of(context, session)).total,
    )


def _began(holder: str) -> datetime | None:
    """When the process of this machine began, by the system's clock."""
    pid = re.fullmatch(r"pid (\d+)", holder)
    if pid is None:
        return None
    try:
        command = ["ps", "-o", "etime=", "-p", pid[1]]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = _ETIME.fullmatch(said.strip())
    if found is None:
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return utc_now() - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
