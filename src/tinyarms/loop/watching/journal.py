"""The daemon's journal: what it knows of each skill between two passes, and the events it told.

The journal is all that the daemon remembers, so another process can go on where one died.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tinyarms.core.clock import iso
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON
from tinyarms.loop.watching.events import Event, Kind, event, event_of, happened, record_of
from tinyarms.store.db.records import WatchRecord

PASS_EVERY = timedelta(minutes=5)
"""Time between two passes of the daemon over the skills."""
PROJECT = ""
"""Stands in the place of a skill for what concerns the whole project."""

_log = logging.getLogger("tinyarms")


def watch_of(context: Context, name: str) -> WatchRecord:
    """What the daemon knows of the skill. The first call begins the watch."""
    with context.store.read() as work:
        watch = work.watches.get(name)
    if watch is not None:
        return watch
    now = context.clock()
    watch = WatchRecord(skill=name, since=now, looked_at=now)
    _put(context, watch)
    return watch


def note_daemon(context: Context, since: datetime) -> None:
    """The daemon that started at `since` begins a pass."""
    with context.store.unit_of_work() as work:
        work.watches.put(WatchRecord(skill=DAEMON, since=since, looked_at=context.clock()))


def note_failure(
    context: Context, name: str, kind: Kind, message: str, retry_at: datetime | None
) -> None:
    """A step failed. The event is stored once for as long as the message stays the same.

    `retry_at`: when to try again; `None`: at the next pass.
    """
    watch, now = watch_of(context, name), context.clock()
    failed = replace(watch, failures=watch.failures + 1, error=message, retry_at=retry_at)
    with context.store.unit_of_work() as work:
        if message != watch.error:
            work.events.add(record_of(event(kind, name, (iso(now), message), now, message)))
        work.watches.put(failed)


def note_recovery(context: Context, name: str) -> None:
    """What had failed works again."""
    watch = watch_of(context, name)
    if watch.error is not None:
        _put(context, replace(watch, failures=0, error=None, retry_at=None))


def note_no_drop(context: Context, name: str) -> None:
    """The trigger was asked and saw no drop; it is asked again after `check_interval`."""
    _put(context, replace(watch_of(context, name), checked_at=context.clock()))


def note_chores(context: Context, at: datetime, *, keep_error: bool) -> None:
    """The daily chores that began at `at` are done. `keep_error`: the project's error stands."""
    watch = watch_of(context, PROJECT)
    _put(context, replace(watch, looked_at=at, error=watch.error if keep_error else None))


def note_events(context: Context, *events: Event) -> None:
    """Store events to be told. An event that is stored already stays one event."""
    with context.store.unit_of_work() as work:
        for new in events:
            work.events.add(record_of(new))


def note_happened(context: Context, name: str) -> None:
    """Store what has happened to the skill since its watch began."""
    now, watch = context.clock(), watch_of(context, name)
    with context.store.unit_of_work() as work:
        for new in happened(work, name, watch.since, now):
            work.events.add(record_of(new))
        work.watches.put(replace(watch, looked_at=now))


def tell(context: Context, hear: Callable[[Event], None]) -> None:
    """Hand each event that was not told yet to `hear`, in order.

    An event is told once, and a second time if the process dies while `hear` runs. An exception
    that `hear` raises is logged; the event counts as told.
    """
    with context.store.read() as work:
        untold = work.events.untold()
    for record in untold:
        try:
            hear(event_of(record))
        except Exception as error:
            _log.warning("An event could not be told: %s", error)
        with context.store.unit_of_work() as work:
            work.events.told(record.id, context.clock())


def _put(context: Context, watch: WatchRecord) -> None:
    with context.store.unit_of_work() as work:
        work.watches.put(watch)
