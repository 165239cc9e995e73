"""Report whether the daemon runs, and the next step of each skill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, daemons
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.operations import (
    RunningSearch,
    SkillLock,
    SpoolView,
    locks,
    running_searches,
    spool,
)
from tinyarms.loop.reporting.spend import ModelSpend, spend
from tinyarms.loop.watching.events import Event, event_of
from tinyarms.loop.watching.health import Health
from tinyarms.loop.watching.journal import PASS_EVERY
from tinyarms.loop.watching.next_step import next_step
from tinyarms.loop.watching.online_state import judge_agreement, standing_in_words
from tinyarms.loop.watching.situation import SkillState
from tinyarms.monitoring.schedule import check_interval

_EVENTS = 5
"""Most events that are shown, newest last."""


@dataclass(frozen=True)
class SkillStanding:
    """The state of a skill and its next step."""

    skill: str
    state: SkillState | None
    """What the skill is doing; `None`: its prompt cannot be used. `comparing`: a promotion is being
    compared with the version before it."""
    health: Health | None
    """The skill's health; `None`: its prompt cannot be used."""
    status: str
    """The health in words."""
    next: str
    """The next step in words."""
    next_at: datetime | None
    """The latest time of the next step; `None` without a limit."""
    scheduled_at: datetime | None
    """When the next scheduled evolution is due; `None` if there is none."""
    error: str | None
    """The daemon's last error; `None` if there was none."""
    retry_at: datetime | None
    """When the daemon retries; `None` if nothing failed."""
    judge: str | None = None
    """Whether the judge of its tasks agrees with people and so counts, in words; `None` without
    one."""
    is_due: bool = False
    """Whether a search or a refresh is due that may begin or go on now."""
    waits: tuple[str, ...] = ()
    """The prompts that wait for a person to approve them, in words, with their ids."""


@dataclass(frozen=True)
class DaemonStatus:
    """Whether a daemon runs, and its view of the skills."""

    running: str | None
    """`pid 1234`, or several such with commas; `None` if no daemon runs."""
    since: datetime | None
    """When it started; if none runs, when the last one started; of several, the one that looked
    last."""
    looked_at: datetime | None
    """When one last checked the skills; `None` if never."""
    next_look: datetime | None
    """When it checks the skills next; `None` if no daemon runs."""
    check_every_minutes: float
    """Minutes between two checks of a skill for a drop while a daemon runs."""
    quiet_until: datetime | None
    """The end of the quiet hours; `None` outside of them."""
    skills: tuple[SkillStanding, ...]
    """The state of each skill."""
    events: tuple[Event, ...]
    """The newest events, oldest first."""
    waiting: int
    """Number of tasks and pieces of feedback that are not stored yet because the database could
    not be used."""
    spool: SpoolView
    """Where they wait."""
    queue: tuple[str, ...]
    """The skills whose search or refresh is due, and that no process works on."""
    locks: tuple[SkillLock, ...]
    """The skills that a process works on."""
    lag_s: float | None
    """How many seconds the daemon's next check is overdue; 0: it is not; `None`: no daemon runs, or
    it has not checked yet. While it searches, it checks less often."""
    searches: tuple[RunningSearch, ...]
    """The searches that run or can be resumed."""
    spend: tuple[ModelSpend, ...]
    """The calls of today and this month, by skill and model."""


def daemon_status(context: Context) -> DaemonStatus:
    """The daemon's status. It changes nothing, except that a new prompt file is copied into the
    store."""
    running = ", ".join(daemons(context)) or None
    with context.store.read() as work:
        own = work.watches.get(DAEMON)
        events = work.events.newest(_EVENTS)
    looked_at = own.looked_at if own else None
    interval = check_interval(context.project.settings) or PASS_EVERY
    next_look = looked_at + PASS_EVERY if running and looked_at else None
    late = None if next_look is None else (context.clock() - next_look) / timedelta(seconds=1)
    held = locks(context)
    skills = tuple(_standing(context, name) for name in context.project.names)
    kept = spool(context)
    return DaemonStatus(
        running=running,
        since=own.since if own else None,
        looked_at=looked_at,
        next_look=next_look,
        check_every_minutes=max(interval, PASS_EVERY) / timedelta(minutes=1),
        quiet_until=quiet_until(context.project.settings.quiet_hours, context.clock()),
        skills=skills,
        events=tuple(each for each in map(event_of, events) if each is not None),
        waiting=kept.lines,
        spool=kept,
        queue=_queue(skills, held),
        locks=held,
        lag_s=None if late is None else max(0.0, late),
        searches=running_searches(context, held),
        spend=spend(context),
    )


def _queue(skills: Iterable[SkillStanding], held: Iterable[SkillLock]) -> tuple[str, ...]:
    busy = {lock.skill for lock in held}
    return tuple(each.skill for each in skills if each.is_due and each.skill not in busy)


def _standing(context: Context, name: str) -> SkillStanding:
    with context.store.read() as work:
        watch = work.watches.get(name)
    error, retry_at = (watch.error, watch.retry_at) if watch else (None, None)
    waits: tuple[str, ...] = ()
    try:
        waits = tuple(f"{each.what} ({each.id})" for each in waiting(context, [name]))
        version = active_version(context, name).number
        judge = _judge_in_words(context, name)
    except TinyArmsError as broken:
        return SkillStanding(
            name, None, None, str(broken), "", None, None, error, retry_at, waits=waits
        )
    step = next_step(context, name, version)
    return SkillStanding(
        skill=name,
        state=step.state,
        health=step.health,
        status=step.status,
        next=step.next,
        next_at=step.until,
        scheduled_at=step.scheduled_at,
        error=error,
        retry_at=retry_at,
        judge=judge,
        is_due=step.may_search or step.action == "refresh",
        waits=waits,
    )


def _judge_in_words(context: Context, name: str) -> str | None:
    """How well the judge of live tasks agrees with people; `None`: the skill has none."""
    online = context.skill(name).online
    if online is None:
        return None
    with context.store.read() as work:
        return standing_in_words(judge_agreement(work, name, online), online)
