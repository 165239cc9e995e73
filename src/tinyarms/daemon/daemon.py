"""The daemon: takes every skill through its states (drawn in `loop.watching.next_step`).

It runs unattended, and all of its state is stored. One pass (`tick`) checks each skill and does
what is due. It first takes the quick steps of all skills: finish a release, end a live test, take a
promotion back. Then it takes the slow ones, for one skill after the other or for several at once
(`searches_at_once`): begin or resume a search, or refresh a memory. Several daemons share the
skills: each takes the slow steps of those whose lease it gets (`loop.project.leases.watching`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from tinyarms.core.errors import (
    ApprovalRequired,
    LeaseHeld,
    LeaseLost,
    NewerSchema,
    NotEvolvable,
    TinyArmsError,
)
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.daemon.chores import do_chores
from tinyarms.daemon.side_by_side import Named, SideBySide
from tinyarms.loop.project.config_files import file_stamps
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, lease, watching
from tinyarms.loop.project.listener import Estimate, Listener, Progress
from tinyarms.loop.project.synced_examples import bring_in_examples
from tinyarms.loop.refreshing.refresh import refresh
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.watching import journal
from tinyarms.loop.watching.check import begin_or_resume
from tinyarms.loop.watching.event_kinds import Kind
from tinyarms.loop.watching.events import Event, event
from tinyarms.loop.watching.grade_tasks import grade_tasks
from tinyarms.loop.watching.journal import PASS_EVERY, PROJECT
from tinyarms.loop.watching.next_step import next_step
from tinyarms.loop.watching.obstacles import LONGEST_WAIT
from tinyarms.loop.watching.step import NextStep

CHORES_EVERY = timedelta(days=1)
"""Time between two rounds of chores. Lower: more work for the database."""

_log = logging.getLogger("tinyarms")


class Daemon:
    """Watches all skills of a project, alone or beside other daemons."""

    def __init__(
        self, context: Context, *, listener: Listener, on_event: Callable[[Event], None]
    ) -> None:
        """`listener` receives the progress of searches, `on_event` each event, in order.

        `on_event` is called once for each event, and a second time if the process dies during the
        call, with the same `Event.id`. An exception that it raises is logged.
        """
        self.context = context
        self.on_event = on_event
        self._listener = listener
        self._files = file_stamps(context.project.root)

    def tick(self) -> datetime:
        """Run one pass over all skills: do what is due now. Returns the time of the next pass.

        It never sleeps, but takes as long as the due searches. If it is killed and another process
        repeats the pass, the outcome is the same. A broken skill is reported as an event, and the
        others continue. Raises `StoreError` if the database cannot be used.
        """
        self._guarded(PROJECT, self._reload)
        names = list(self.context.project.names)
        for name in names:
            self._guarded(name, self._settle)
        self._tell()
        at_once = self.context.project.settings.searches_at_once
        if at_once == 1:
            for name in names:
                self._guarded(name, self._search)
                self._tell()
        else:
            beside = SideBySide(
                self.context, at_once, self._search_beside, self.settle_others, PASS_EVERY
            )
            beside.run(names)
        self._guarded(PROJECT, self._do_chores)
        self._tell()
        return self.context.clock() + PASS_EVERY

    def settle_others(self, but: frozenset[str]) -> None:
        """The quick part of a pass for all skills except `but`, whose searches are running."""
        with self.context.store.unfenced():
            for name in self.context.project.names:
                if name not in but:
                    self._guarded(name, self._settle)
            self._tell()

    def tell_of(self, name: str) -> None:
        """Store the events of a skill, and report them."""
        journal.note_happened(self.context, name)
        self._tell()

    # The steps.

    def _settle(self, name: str) -> None:
        """Finish interrupted releases, end decided tests, and store the events."""
        journal.watch_of(self.context, name)  # Later events are reported.
        self.context.skill(name)
        try:
            conclude_due(self.context, name)
            active_version(self.context, name)
        finally:
            journal.note_happened(self.context, name)
        if journal.watch_of(self.context, name).retry_at is None:
            journal.note_recovery(self.context, name)

    def _search_beside(self, context: Context, name: str) -> None:
        """The slow part of a pass for a skill, in a thread of its own."""
        beside = _Beside(context, listener=Named(name, self._listener), on_event=self.on_event)
        beside._guarded(name, beside._search)
        beside._tell()

    def _search(self, name: str) -> None:
        """Begin or resume the skill's search, or refresh its memory, if that is its next step.

        Other daemons leave the skill to this one meanwhile; what they have done of it is known.
        """
        with watching(self.context, name):
            self._take_next_step(name)

    def _take_next_step(self, name: str) -> None:
        context, watch = self.context, journal.watch_of(self.context, name)
        if watch.error is not None and watch.retry_at is None:
            return  # The quick part of this pass failed, so the search would fail too.
        version = active_version(context, name)
        if version.prompt.retrieve is not None:
            bring_in_examples(context, name)
        grade_tasks(context, name, version.number)
        step = next_step(context, name, version.number, in_daemon=True)
        if step.retry_at is not None:
            return
        if step.saw_no_drop:
            journal.note_no_drop(context, name)
        if step.refused:
            self._note_refusal(step)
        if step.may_search:
            self._until_quiet(name, lambda: self._begin_or_resume(step))
        elif step.action == "refresh":
            self._until_quiet(name, lambda: self._refresh(step))
        elif step.action == "confirm":
            self._ask_to_confirm(step, step.would)
        if watch.error is not None:
            journal.note_recovery(context, name)

    def _begin_or_resume(self, step: NextStep) -> None:
        begin_or_resume(self.context, step, _Attentive(self, step.skill, self._listener))

    def _refresh(self, step: NextStep) -> None:
        attentive = _Attentive(self, step.skill, self._listener)
        view = refresh(self.context, step.skill, trigger="new_examples", listener=attentive)
        if view.result == "confirmation_wanted":
            self._ask_to_confirm(step, view.sentence)

    def _ask_to_confirm(self, step: NextStep, sentence: str) -> None:
        """Store one event per version that a person has to confirm a refresh."""
        now, version = self.context.clock(), step.version
        wanted = event("refresh_wanted", step.skill, version, now, sentence, version=version)
        journal.note_events(self.context, wanted)

    def _note_refusal(self, step: NextStep) -> None:
        """Store one event per version that the project's files forbid a due search."""
        sentence = f"{step.verdict.explanation} {step.hindrance}"
        now, about = self.context.clock(), (step.version, step.hindrance)
        refused = event("refused", step.skill, about, now, sentence, version=step.version)
        journal.note_events(self.context, refused)

    def _until_quiet(self, name: str, search: Callable[[], object]) -> None:
        """Search until quiet hours begin, if they do. Store the events even if the search fails."""
        try:
            search()
        except _Paused:
            self._listener.note(f"{name}: it waits until the quiet hours are over.")
        finally:
            journal.note_happened(self.context, name)

    def _do_chores(self, name: str) -> None:
        watch, now = journal.watch_of(self.context, name), self.context.clock()
        if watch.since < now < watch.looked_at + CHORES_EVERY:
            return
        with lease(self.context, DAEMON):
            events = do_chores(self.context)
            for skill in self.context.project.skills:
                journal.note_happened(self.context, skill)
            journal.note_events(self.context, *events)
            broken = file_stamps(self.context.project.root) != self._files
            journal.note_chores(self.context, now, keep_error=broken)

    def _reload(self, name: str) -> None:
        """Read the project's files again if they have changed."""
        stamps = file_stamps(self.context.project.root)
        if stamps == self._files:
            return
        self.context.reload()
        self._files = stamps
        journal.note_recovery(self.context, name)

    # Failures and events.

    def _guarded(self, name: str, step: Callable[[str], None]) -> None:
        """Run the step. An error is reported once, as an event, and the other skills continue."""
        try:
            step(name)
        except LeaseHeld:
            pass  # Another process does it.
        except LeaseLost as error:
            self._listener.note(str(error))
        except NewerSchema:
            raise  # of all skills
        except ApprovalRequired:
            pass  # An event says that it waits.
        except TinyArmsError as error:
            if self.context.turns is not None and self.context.turns.have_ended:
                return  # Its calls were ended.
            kind: Kind = "refused" if isinstance(error, NotEvolvable) else "error"
            self._failed(name, kind, str(error), backs_off=step == self._search)
        except Exception as error:
            message = "A mistake in tinyArms itself. The log tinyarms.log shows where; report it."
            _log.exception("%s: %s", name, error)
            self._failed(name, "error", message, backs_off=True)

    def _failed(self, name: str, kind: Kind, message: str, backs_off: bool) -> None:
        retry_at = None
        if backs_off:
            failures = journal.watch_of(self.context, name).failures + 1
            wait = min(PASS_EVERY * 2 ** min(failures, 16), LONGEST_WAIT)
            retry_at = self.context.clock() + wait
        journal.note_failure(self.context, name, kind, message, retry_at)

    def _tell(self) -> None:
        journal.tell(self.context, self.on_event)


class _Beside(Daemon):
    """A daemon's search beside others: its main thread looks after the other skills."""

    def settle_others(self, but: frozenset[str]) -> None:
        pass


class _Paused(Exception):
    """Quiet hours have begun. The replies so far are stored, and the search resumes afterwards."""


class _Attentive:
    """A search's listener that lets the daemon check the other skills meanwhile."""

    def __init__(self, daemon: Daemon, name: str, listener: Listener) -> None:
        self._daemon, self._name, self._listener = daemon, name, listener
        self._looks = daemon.context.clock() + PASS_EVERY

    def estimate(self, estimate: Estimate) -> None:
        """Report the start of the search now, not after its end."""
        self._daemon.tell_of(self._name)
        self._listener.estimate(estimate)

    def progress(self, progress: Progress) -> None:
        self._listener.progress(progress)
        now = self._daemon.context.clock()
        if quiet_until(self._daemon.context.project.settings.quiet_hours, now) is not None:
            raise _Paused
        if now >= self._looks:
            self._looks = now + PASS_EVERY
            self._daemon.settle_others(frozenset((self._name,)))

    def note(self, text: str) -> None:
        self._listener.note(text)
