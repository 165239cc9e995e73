"""The daemon's process, at idle priority, until somebody ends it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TextIO

from tinyarms.core.errors import NewerSchema, StoreError
from tinyarms.daemon.daemon import Daemon
from tinyarms.daemon.log import Log, open_log
from tinyarms.daemon.notify.notifications import Notifier
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import daemon_lease, daemons
from tinyarms.loop.project.model_settings import settings_without_effect
from tinyarms.loop.watching.events import Event
from tinyarms.loop.watching.journal import PASS_EVERY, note_daemon

_LEAST_WAIT = timedelta(seconds=1)


class Terminated(KeyboardInterrupt):
    """SIGTERM: like Ctrl-C, it ends a search and keeps its replies."""


def watch_project(
    terminal: TextIO | None,
    listeners: Sequence[Callable[[Event], None]] = (),
    *,
    share: bool = False,
) -> None:
    """Watch the working folder's project with `watch_forever`, and write its log.

    `terminal`: stream for plain lines, if any. `share`: as there.
    """
    context = open_project(background=True)
    try:
        with open_log(context.project.root, terminal) as log:
            watch_forever(context, log, listeners, share=share)
    finally:
        context.close()


def watch_forever(
    context: Context,
    log: Log,
    listeners: Sequence[Callable[[Event], None]],
    *,
    share: bool = False,
) -> None:
    """Watch the project's skills until SIGTERM, or `KeyboardInterrupt` (which it raises).

    Each event goes to the log, then to `listeners`; notices are sent to people. On PostgreSQL, and
    with `share`, it shares the skills with other daemons. Otherwise it raises `LeaseHeld` if a
    daemon already watches the project.
    """
    context.background = True
    os.nice(19)
    notifier = Notifier(context)
    hearing: list[Callable[[Event], None]] = [*listeners, notifier]

    def tell(event: Event) -> None:
        log.event(event)
        for listener in hearing:
            listener(event)

    try:
        beside = share or context.store.is_on_server
        with _terminable(), daemon_lease(context, beside=beside):
            context.on_wait = log.note
            began = context.clock()
            log.say(f"Watching {', '.join(context.project.names)} (pid {os.getpid()}).")
            for warning in settings_without_effect(context.project):
                log.say(warning, kind="warning")
            others = [each for each in daemons(context) if each != f"pid {os.getpid()}"]
            if others:
                log.say(f"It shares the skills with other daemons: {', '.join(others)}.")
            daemon = Daemon(context, listener=log, on_event=tell)
            while True:
                again = _pass(context, daemon, log, notifier, began)
                wait = max(_LEAST_WAIT, min(again - context.clock(), PASS_EVERY))
                time.sleep(wait.total_seconds())
    except Terminated:
        log.say("Ended.")
    except KeyboardInterrupt:
        log.say("Ended by Ctrl-C.")
        raise


def _pass(
    context: Context, daemon: Daemon, log: Log, notifier: Notifier, began: datetime
) -> datetime:
    """Run one pass. If the database cannot be used now, the next pass tries again.

    Raises `NewerSchema` if a newer tinyArms has upgraded it, because trying again does not help.
    """
    try:
        note_daemon(context, began)
        again = daemon.tick()
        notifier.send()
        return again
    except NewerSchema:
        raise
    except StoreError as error:
        log.say(str(error), kind="error")
        return context.clock() + PASS_EVERY
    finally:
        context.stop_models()


@contextmanager
def _terminable() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    old_handler = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old_handler)
