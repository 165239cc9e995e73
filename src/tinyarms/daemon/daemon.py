"""The daemon: carries every skill through its life (drawn in `loop.states`), unattended.

It keeps nothing in memory that matters. One pass (`tick`) looks where each skill stands and does
what is due there: first what is quick (finish a release, end a live test, take a promotion back),
for all skills; then, skill after skill, what may take long (begin a search or go on with one).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tinyarms.core.clock import iso
from tinyarms.core.errors import LeaseHeld, NotEvolvable, TinyArmsError
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.daemon.chores import do_chores
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Listener
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import MANUAL, conclude_due
from tinyarms.loop.watching.check import (
    evolve_for,
    go_on,
    hindrance_of,
    is_left_behind,
    verdict_on,
)
from tinyarms.loop.watching.events import Event, Kind, event, happened, told_of
from tinyarms.store.db.records import EventRecord, WatchRecord
from tinyarms.store.project.config import CONFIG, CONSTANTS

INTERVAL = timedelta(minutes=5)
"""How often the skills are looked at."""
ORIGINAL_CHECK = timedelta(hours=24)
"""How often the original preset's trigger is asked: each time more is a chance to be wrong."""
CHORES_EVERY = timedelta(days=1)
LONGEST_WAIT = timedelta(hours=6)
"""What fails again and again is tried again at least so often."""
PROJECT = ""
"""Stands in a skill's place for what is about the whole project."""

_log = logging.getLogger("tinyarms")


class Daemon:
    """Watches all skills of a project. One at a time; `daemon.process` sees to that."""

    def __init__(
        self, context: Context, *, listener: Listener, on_event: Callable[[Event], None]
    ) -> None:
        """`listener` hears of searches, `on_event` of each event, in their order.

        `on_event` hears of an event once, and once more if the process dies while it hears it:
        `Event.id` tells. What it raises is logged, and goes no further.
        """
        self.context = context
        self.on_event = on_event
        self._listener = listener
        self._files = self._stamps()

    def tick(self) -> datetime:
        """One pass over all skills: do what is due now. Returns when to look again.

        Sleeps never, but lasts as long as the searches that are due. Killed anywhere and called
        again by another process it comes to the same. A skill that is broken is an event, and the
        others go on. Raises `StoreError` if the database cannot be used.
        """
        self._guarded(PROJECT, self._reload)
        names = list(self.context.project.skills)
        for name in names:
            self._guarded(name, self._settle)
        self._tell()
        for name in names:
            self._guarded(name, self._search)
            self._tell()
        self._guarded(PROJECT, self._do_chores)
        self._tell()
        return self.context.clock() + INTERVAL

    def settle_others(self, but: str) -> None:
        """The quick part of a pass, while a search of the skill `but` takes its time."""
        for name in self.context.project.skills:
            if name != but:
                self._guarded(name, self._settle)
        self._tell()

    def tell_of(self, name: str) -> None:
        """Tell what has happened to a skill."""
        self._note(name)
        self._tell()

    # The steps.

    def _settle(self, name: str) -> None:
        """Finish what was interrupted, end what is decided, note what has happened."""
        self._watch(name)  # What happens from here on is told.
        try:
            conclude_due(self.context, name)
            active_version(self.context, name)
        finally:
            self._note(name)
        watch = self._watch(name)
        if watch.error is not None and watch.retry_at is None:
            self._put(replace(watch, failures=0, error=None))

    def _search(self, name: str) -> None:
        """Begin a search if one is due, or go on with one."""
        watch, now = self._watch(name), self.context.clock()
        waiting = watch.retry_at is not None and now < watch.retry_at
        if waiting or (watch.error is not None and watch.retry_at is None):
            return
        self._search_if_due(name)
        if watch.error is not None:
            self._put(replace(self._watch(name), failures=0, error=None, retry_at=None))

    def _search_if_due(self, name: str) -> None:
        context, now = self.context, self.context.clock()
        with context.store.read() as work:
            session = work.sessions.open(name)
        if session is not None and (session.stage != "searching" or session.optimizer == MANUAL):
            return
        quiet = quiet_until(context.project.settings.quiet_hours, now) is not None
        listener = _Attentive(self, name, self._listener)
        if session is not None and is_left_behind(session):
            if hindrance_of(context, name) is None:
                self._until_quiet(name, lambda: go_on(context, session, listener))
            return
        # A search that a person began and left is gone on with where one is due.
        watch, original = self._watch(name), context.project.settings.preset == "original"
        if original and watch.checked_at is not None and now < watch.checked_at + ORIGINAL_CHECK:
            return
        verdict = verdict_on(context, name, active_version(context, name).number)
        if original and not verdict.triggered:
            self._put(replace(watch, checked_at=now))
        if not verdict.triggered or quiet:
            return
        hindrance = hindrance_of(context, name)
        if hindrance is not None:
            number = active_version(context, name).number
            said = f"{verdict.explanation} {hindrance}"
            self._add(event("refused", name, (number, hindrance), now, said, version=number))
            return
        self._until_quiet(name, lambda: evolve_for(context, name, verdict, listener))

    def _until_quiet(self, name: str, search: Callable[[], object]) -> None:
        """Whatever becomes of a search, what has happened is noted."""
        try:
            search()
        except _Paused:
            self._listener.note(f"{name}: the search waits until the quiet hours are over.")
        finally:
            self._note(name)

    def _do_chores(self, name: str) -> None:
        watch, now = self._watch(name), self.context.clock()
        if watch.since < now < watch.looked_at + CHORES_EVERY:
            return
        done = do_chores(self.context)
        for skill in self.context.project.skills:
            self._note(skill)
        self._add(*done)
        error = watch.error if self._stamps() != self._files else None
        self._put(replace(watch, looked_at=now, error=error))

    def _reload(self, name: str) -> None:
        """Read the project's files again where somebody has changed them."""
        stamps = self._stamps()
        if stamps == self._files:
            return
        self.context.reload()
        self._files = stamps
        watch = self._watch(name)
        if watch.error is not None:
            self._put(replace(watch, failures=0, error=None, retry_at=None))

    # What is known, and told.

    def _guarded(self, name: str, step: Callable[[str], None]) -> None:
        """What goes wrong with a skill is an event, once; the others go on."""
        try:
            step(name)
        except LeaseHeld:
            pass  # Another process does it.
        except TinyArmsError as error:
            kind: Kind = "refused" if isinstance(error, NotEvolvable) else "error"
            self._failed(name, kind, str(error), backs_off=step == self._search)
        except Exception as error:
            said = f"unexpected {type(error).__name__}: {error}"
            _log.exception("%s: %s", name, said)
            self._failed(name, "error", said, backs_off=True)

    def _failed(self, name: str, kind: Kind, said: str, backs_off: bool) -> None:
        watch, now = self._watch(name), self.context.clock()
        failures = watch.failures + 1
        wait = min(INTERVAL * 2 ** min(failures, 16), LONGEST_WAIT)
        with self.context.store.unit_of_work() as work:
            if said != watch.error:
                work.events.add(event(kind, name, (iso(now), said), now, said))
            work.watches.put(
                replace(
                    watch,
                    failures=failures,
                    error=said,
                    retry_at=now + wait if backs_off else None,
                )
            )

    def _note(self, name: str) -> None:
        """Store what has happened to the skill since it was first looked at."""
        now, watch = self.context.clock(), self._watch(name)
        with self.context.store.unit_of_work() as work:
            for each in happened(work, name, watch.since, now):
                work.events.add(each)
            work.watches.put(replace(watch, looked_at=now))

    def _add(self, *events: EventRecord) -> None:
        with self.context.store.unit_of_work() as work:
            for each in events:
                work.events.add(each)

    def _tell(self) -> None:
        with self.context.store.read() as work:
            untold = work.events.untold()
        for record in untold:
            try:
                self.on_event(told_of(record))
            except Exception as error:
                _log.warning("An event could not be told: %s", error)
            with self.context.store.unit_of_work() as work:
                work.events.told(record.id, self.context.clock())

    def _watch(self, name: str) -> WatchRecord:
        with self.context.store.read() as work:
            known = work.watches.get(name)
        if known is not None:
            return known
        now = self.context.clock()
        watch = WatchRecord(skill=name, since=now, looked_at=now)
        self._put(watch)
        return watch

    def _put(self, watch: WatchRecord) -> None:
        with self.context.store.unit_of_work() as work:
            work.watches.put(watch)

    def _stamps(self) -> list[tuple[int, int] | None]:
        root = self.context.project.root
        found: list[tuple[int, int] | None] = []
        for path in (root / CONFIG, root / CONSTANTS):
            try:
                stat = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_mtime_ns, stat.st_size))
        return found


class _Paused(Exception):
    """Quiet hours have begun: what was found is stored, and the search goes on after them."""


class _Attentive:
    """Hears of a search for the daemon, which has other things to look after meanwhile."""

    def __init__(self, daemon: Daemon, name: str, listener: Listener) -> None:
        self._daemon, self._name, self._listener = daemon, name, listener
        self._looks = daemon.context.clock() + INTERVAL

    def estimate(self, estimate: Estimate) -> None:
        """The search begins: that is told now, not when it has ended."""
        self._daemon.tell_of(self._name)
        self._listener.estimate(estimate)

    def progress(self, label: str, done: int, total: int, best: float | None, best_n: int) -> None:
        self._listener.progress(label, done, total, best, best_n)
        now = self._daemon.context.clock()
        if quiet_until(self._daemon.context.project.settings.quiet_hours, now) is not None:
            raise _Paused
        if now >= self._looks:
            self._looks = now + INTERVAL
            self._daemon.settle_others(self._name)

    def note(self, text: str) -> None:
        self._listener.note(text)
