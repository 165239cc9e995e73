"""The daemon: carries every skill through its life (drawn in `loop.watching.state`), unattended.

It keeps nothing in memory that matters. One pass (`tick`) checks where each skill stands and does
what is due. For all skills it first does what is quick: finish a release, end a live test, take a
promotion back. Then, skill after skill, it does what may take long: begin a search or go on with
one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from tinyarms.core.errors import LeaseHeld, NotEvolvable, TinyArmsError
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.daemon.chores import do_chores
from tinyarms.loop.project.config_files import file_stamps
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Listener, Progress
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.watching import journal
from tinyarms.loop.watching.check import (
    evolve_for,
    go_on,
    hindrance_of,
    is_left_behind,
    open_session,
    verdict_on,
)
from tinyarms.loop.watching.events import Event, Kind, event
from tinyarms.loop.watching.journal import PASS_EVERY, PROJECT
from tinyarms.monitoring.schedule import check_interval

CHORES_EVERY = timedelta(days=1)
"""Time between two rounds of chores."""
LONGEST_WAIT = timedelta(hours=6)
"""Longest time between two tries of a step that keeps failing."""

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
        self._files = file_stamps(context.project.root)

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
        return self.context.clock() + PASS_EVERY

    def settle_others(self, but: str) -> None:
        """The quick part of a pass, while a search of the skill `but` takes its time."""
        for name in self.context.project.skills:
            if name != but:
                self._guarded(name, self._settle)
        self._tell()

    def tell_of(self, name: str) -> None:
        """Tell what has happened to a skill."""
        journal.note_happened(self.context, name)
        self._tell()

    # The steps.

    def _settle(self, name: str) -> None:
        """Finish what was interrupted, end what is decided, note what has happened."""
        journal.watch_of(self.context, name)  # What happens from here on is told.
        try:
            conclude_due(self.context, name)
            active_version(self.context, name)
        finally:
            journal.note_happened(self.context, name)
        if journal.watch_of(self.context, name).retry_at is None:
            journal.note_recovery(self.context, name)

    def _search(self, name: str) -> None:
        """Begin a search if one is due, or go on with one."""
        watch, now = journal.watch_of(self.context, name), self.context.clock()
        waiting = watch.retry_at is not None and now < watch.retry_at
        if waiting or (watch.error is not None and watch.retry_at is None):
            return
        self._search_if_due(name)
        if watch.error is not None:
            journal.note_recovery(self.context, name)

    def _search_if_due(self, name: str) -> None:
        context, now = self.context, self.context.clock()
        session = open_session(context, name)
        if session is not None and not session.in_search:
            return
        quiet = quiet_until(context.project.settings.quiet_hours, now) is not None
        listener = _Attentive(self, name, self._listener)
        if session is not None and is_left_behind(session):
            if hindrance_of(context, name) is None:
                self._until_quiet(name, lambda: go_on(context, session, listener))
            return
        # A search that a person began and left goes on once a drop makes a search due.
        watch = journal.watch_of(context, name)
        interval = check_interval(context.project.settings)
        checked_at = watch.checked_at
        if interval is not None and checked_at is not None and now < checked_at + interval:
            return
        verdict = verdict_on(context, name, active_version(context, name).number)
        if interval is not None and not verdict.triggered:
            journal.note_no_drop(context, name)
        if not verdict.begins_search or quiet:
            return
        hindrance = hindrance_of(context, name)
        if hindrance is not None:
            number = active_version(context, name).number
            said = f"{verdict.explanation} {hindrance}"
            refused = event("refused", name, (number, hindrance), now, said, version=number)
            journal.note_events(context, refused)
            return
        self._until_quiet(name, lambda: evolve_for(context, name, verdict, listener))

    def _until_quiet(self, name: str, search: Callable[[], object]) -> None:
        """Whatever becomes of a search, what has happened is noted."""
        try:
            search()
        except _Paused:
            self._listener.note(f"{name}: the search waits until the quiet hours are over.")
        finally:
            journal.note_happened(self.context, name)

    def _do_chores(self, name: str) -> None:
        watch, now = journal.watch_of(self.context, name), self.context.clock()
        if watch.since < now < watch.looked_at + CHORES_EVERY:
            return
        done = do_chores(self.context)
        for skill in self.context.project.skills:
            journal.note_happened(self.context, skill)
        journal.note_events(self.context, *done)
        broken = file_stamps(self.context.project.root) != self._files
        journal.note_chores(self.context, now, keep_error=broken)

    def _reload(self, name: str) -> None:
        """Read the project's files again where somebody has changed them."""
        stamps = file_stamps(self.context.project.root)
        if stamps == self._files:
            return
        self.context.reload()
        self._files = stamps
        journal.note_recovery(self.context, name)

    # Failures and events.

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

    def _failed(self, name: str, kind: Kind, message: str, backs_off: bool) -> None:
        retry_at = None
        if backs_off:
            failures = journal.watch_of(self.context, name).failures + 1
            wait = min(PASS_EVERY * 2 ** min(failures, 16), LONGEST_WAIT)
            retry_at = self.context.clock() + wait
        journal.note_failure(self.context, name, kind, message, retry_at)

    def _tell(self) -> None:
        journal.tell(self.context, self.on_event)


class _Paused(Exception):
    """Quiet hours have begun: what was found is stored, and the search goes on after them."""


class _Attentive:
    """Hears of a search for the daemon, which has other things to look after meanwhile."""

    def __init__(self, daemon: Daemon, name: str, listener: Listener) -> None:
        self._daemon, self._name, self._listener = daemon, name, listener
        self._looks = daemon.context.clock() + PASS_EVERY

    def estimate(self, estimate: Estimate) -> None:
        """The search begins: that is told now, not when it has ended."""
        self._daemon.tell_of(self._name)
        self._listener.estimate(estimate)

    def progress(self, progress: Progress) -> None:
        self._listener.progress(progress)
        now = self._daemon.context.clock()
        if quiet_until(self._daemon.context.project.settings.quiet_hours, now) is not None:
            raise _Paused
        if now >= self._looks:
            self._looks = now + PASS_EVERY
            self._daemon.settle_others(self._name)

    def note(self, text: str) -> None:
        self._listener.note(text)
