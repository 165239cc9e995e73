"""The daemon's journal: its memory of each skill between two passes, and the events it reported.

The daemon remembers nothing else, so another process can continue where one died.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tinyarms.core.clock import iso
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON
from tinyarms.loop.watching.event_kinds import Kind
from tinyarms.loop.watching.events import Event, event, event_of, happened, record_of
from tinyarms.store.db.records import WatchRecord

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
    if watch is not None:
        return watch
    now = context.clock()
    watch = WatchRecord(skill=name, since=now, looked_at=now)
    _put(context, watch)
    return watch


def note_daemon(context: Context, since: datetime) -> None:
    """Note that the daemon that started at `since` begins a pass."""
    with context.store.unit_of_work() as work:
        work.watches.put(WatchRecord(skill=DAEMON, since=since, looked_at=context.clock()))


def note_failure(
    context: Context, name: str, kind: Kind, message: str, retry_at: datetime | None
) -> None:
    """Note that a step failed. The event is stored only once while the message stays the same.

    `retry_at`: when to try again; `None`: at the next pass.
    """
    watch, now = watch_of(context, name), context.clock()
    failed = replace(watch, failures=watch.failures + 1, error=message, retry_at=retry_at)
    with context.store.unit_of_work() as work:
        if message != watch.error:
            work.events.add(record_of(event(kind, name, (iso(now), message), now, message)))
        work.watches.put(failed)


def note_recovery(context: Context, name: str) -> None:
    """Note that a failed step works again."""
    watch = watch_of(context, name)
    if watch.error is not None:
        _put(context, replace(watch, failures=0, error=None, retry_at=None))


def note_no_drop(context: Context, name: str) -> None:
    """Note that the trigger saw no drop; the daemon asks it again after `check_interval`."""
    _put(context, replace(watch_of(context, name), checked_at=context.clock()))


def note_chores(context: Context, at: datetime, *, keep_error: bool) -> None:
    """Note that the daily chores that began at `at` are done. `keep_error`: keep the project's
    error."""
    watch = watch_of(context, PROJECT)
    _put(context, replace(watch, looked_at=at, error=watch.error if keep_error else None))


def note_events(context: Context, *events: Event) -> None:
    """Store events that will be reported. An event that is already stored is not stored again."""
    with context.store.unit_of_work() as work:
        for new in events:
            work.events.add(record_of(new))


def note_happened(context: Context, name: str) -> None:
    """Store the events of the skill since its watch began."""
    now, watch = context.clock(), watch_of(context, name)
    with context.store.unit_of_work() as work:
        for new in happened(work, name, watch.since, now):
            work.events.add(record_of(new))
        work.watches.put(replace(watch, looked_at=now))


def tell(context: Context, listener: Callable[[Event], None]) -> None:
    """Pass each event that was not reported yet to `listener`, in order.

    An event is reported once, or twice if the process dies while `listener` runs. An exception of
    `listener` is logged, and the event counts as reported.
    """
    with context.store.read() as work:
        untold = work.events.untold()
    for record in untold:
        try:
            listener(event_of(record))
        except Exception as error:
            _log.warning("An event could not be reported: %s", error)
        with context.store.unit_of_work() as work:
            work.events.told(record.id, context.clock())


def _put(context: Context, watch: WatchRecord) -> None:
    with context.store.unit_of_work() as work:
        work.watches.put(watch)
