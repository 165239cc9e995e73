"""The daemon's journal: its memory of each skill between two passes, and the events it reported.

The daemon remembers nothing else, so another process can continue where one died.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tinyarms.core.clock import iso
from tinyarms.core.errors import LeaseHeld, LeaseLost
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.watching.event_kinds import Kind
from tinyarms.loop.watching.events import Event, event, event_of, happened, record_of
from tinyarms.store.db.records import WatchRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

PASS_EVERY = timedelta(minutes=5)
"""Time between two passes of the daemon over the skills. Longer: it reacts later and does less
work."""
PROJECT = ""
"""The skill name in rows about the whole project."""

_log = logging.getLogger("tinyarms")


def watch_of(context: Context, name: str) -> WatchRecord:
    """The daemon's memory of the skill. The first call begins the watch."""
    with context.store.read() as work:
        watch = work.watches.get(name)
    return _change(context, name) if watch is None else watch


def note_daemon(context: Context, since: datetime) -> None:
    """Note that the daemon that started at `since` begins a pass. Raises `NewerSchema` if a newer
    tinyArms has upgraded the database meanwhile."""
    with context.store.unit_of_work() as work:
        work.check_schema(context.store.where)
        work.watches.put(WatchRecord(skill=DAEMON, since=since, looked_at=context.clock()))


def note_failure(
    context: Context, name: str, kind: Kind, message: str, retry_at: datetime | None
) -> None:
    """Note that a step failed. The event is stored only once while the message stays the same.

    `retry_at`: when to try again; `None`: at the next pass.
    """
    now = context.clock()
    with context.store.unit_of_work() as work:
        watch = _watch(context, work, name)
        if message != watch.error:
            work.events.add(record_of(event(kind, name, (iso(now), message), now, message)))
        failures = watch.failures + 1
        work.watches.put(replace(watch, failures=failures, error=message, retry_at=retry_at))


def note_recovery(context: Context, name: str) -> None:
    """Note that a failed step works again."""
    if watch_of(context, name).error is not None:
        _change(context, name, failures=0, error=None, retry_at=None)


def note_no_drop(context: Context, name: str) -> None:
    """Note that the trigger saw no drop; the daemon asks it again after `check_interval`."""
    _change(context, name, checked_at=context.clock())


def note_chores(context: Context, at: datetime, *, keep_error: bool) -> None:
    """Note that the daily chores that began at `at` are done. `keep_error`: keep the project's
    error."""
    if keep_error:
        _change(context, PROJECT, looked_at=at)
    else:
        _change(context, PROJECT, looked_at=at, error=None)


def note_events(context: Context, *events: Event) -> None:
    """Store events that will be reported. An event that is already stored is not stored again."""
    with context.store.unit_of_work() as work:
        for new in events:
            work.events.add(record_of(new))


def note_happened(context: Context, name: str) -> None:
    """Store the events of the skill since its watch began."""
    now = context.clock()
    with context.store.unit_of_work() as work:
        watch = _watch(context, work, name)
        for new in happened(work, name, watch.since, now):
            work.events.add(record_of(new))
        work.watches.put(replace(watch, looked_at=now))


def tell(context: Context, listener: Callable[[Event], None]) -> None:
    """Pass each event that was not reported yet to `listener`, in order.

    An event is reported once, or twice if the process dies while `listener` runs. One daemon at a
    time reports; if another one does, nothing is done here. An exception of `listener` is logged,
    and the event counts as reported. An event that only a newer tinyArms knows is left to it.
    """
    with context.store.read() as work:
        if not work.events.untold():
            return
    with suppress(LeaseHeld, LeaseLost), lease(context, DAEMON):
        with context.store.read() as work:
            untold = work.events.untold()
        for record in untold:
            known = event_of(record)
            if known is None:
                _note_newer(record.kind)
                continue
            try:
                listener(known)
            except Exception as error:
                _log.warning("An event could not be reported: %s", error)
            with context.store.unit_of_work() as work:
                work.events.told(record.id, context.clock())


@cache
def _note_newer(kind: str) -> None:
    """Once a process."""
    _log.warning(
        "A newer tinyArms uses this database too: its events %r are not reported here. "
        "Update this tinyArms.",
        kind,
    )


def _change(context: Context, name: str, **changes: Any) -> WatchRecord:
    """Change the fields of the watch, whatever other daemons have changed; begins it."""
    with context.store.unit_of_work() as work:
        watch = replace(_watch(context, work, name), **changes)
        work.watches.put(watch)
    return watch


def _watch(context: Context, work: UnitOfWork, name: str) -> WatchRecord:
    """The stored watch, or a new one."""
    now = context.clock()
    return work.watches.get(name) or WatchRecord(skill=name, since=now, looked_at=now)
