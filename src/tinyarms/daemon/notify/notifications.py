"""Tell people, on the desktop or by a webhook, what the daemon has done or needs from them.

Messages name skills, versions and commands. They never contain texts of users or prompts.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, get_args

from tinyarms.core.clock import iso
from tinyarms.core.settings import NoticeKind
from tinyarms.daemon.notify.desktop import show
from tinyarms.daemon.notify.webhook import post
from tinyarms.loop.housekeeping.notices import Message, Notice, arrived, next_message, note
from tinyarms.loop.project.context import Context
from tinyarms.loop.watching.events import Event

_NUMBERS = ("version", "from_version", "restored")
_LINES = 6
"""Most events that a message lists; earlier ones are only counted."""

Channel = Callable[[Message], None]
"""Sends a message. Any exception means that the message did not arrive."""


class Notifier:
    """Receives events, and sends messages when the settings allow it.

    A channel's failure never ends the daemon. It is logged, once until a message arrives again, and
    the message is retried later.
    """

    def __init__(
        self,
        context: Context,
        channels: Mapping[str, Channel] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`channels`: by name, instead of those of the settings."""
        self._context = context
        self._given = channels
        self._environ = environ
        self._failing: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Store the notices about this event, if any. Raises `StoreError`."""
        settings = self._context.project.settings.notifications
        if event.kind not in settings.kinds:
            return
        values = {key: event.data.get(key) for key in _NUMBERS}
        numbers = {key: value for key, value in values.items() if isinstance(value, int)}
        notice = Notice(event.id, event.at, event.skill, event.kind, numbers)
        note(self._context, notice, self._channels())

    def send(self) -> int:
        """Send due notices, one message per channel; returns how many arrived. Call it once per
        pass.

        Raises `StoreError`.
        """
        sent = 0
        for name, channel in self._channels().items():
            message = next_message(self._context, name)
            if message is not None and self._sends(name, channel, message):
                arrived(self._context, name, message)
                sent += 1
        return sent

    def _sends(self, name: str, channel: Channel, message: Message) -> bool:
        log = logging.getLogger("tinyarms.daemon.notify.notifications")
        try:
            channel(message)
        except Exception as error:  # from a library, a desktop or a server: none may end the daemon
            if name not in self._failing:
                self._failing.add(name)
                log.warning("No message by %s: %s. It will be retried.", name, error)
            return False
        if name in self._failing:
            self._failing.discard(name)
            log.info("Messages by %s arrive again.", name)
        return True

    def _channels(self) -> Mapping[str, Channel]:
        if self._given is not None:
            return self._given
        settings = self._context.project.settings.notifications
        channels: dict[str, Channel] = {}
        if settings.desktop:
            channels["desktop"] = lambda message: show(TITLE, text_of(message))
        url = self._environ.get(settings.webhook_env or "") or settings.webhook
        if url:
            project = self._context.project.root.name
            channels["webhook"] = lambda message: post(url, body_of(message, project), time.sleep)
        return channels


TITLE = "tinyArms"


def text_of(message: Message) -> str:
    """One line per event, newest last; the earliest are only counted if there are many."""
    lines = [line_of(notice) for notice in message.notices]
    left_out = len(lines) - _LINES
    if left_out > 0:
        lines = [f"{left_out} earlier events: tinyarms monitor status", *lines[-_LINES:]]
    return "\n".join(lines)


def line_of(notice: Notice) -> str:
    """The event, and the command to type."""
    skill, numbers = notice.skill, notice.numbers
    version = f"version {numbers['version']}" if "version" in numbers else "a new version"
    match notice.kind:
        case "vote_wanted":
            return f"{skill}: your choice is wanted. tinyarms prompt vote {skill}"
        case "review_wanted":
            return f"{skill}: a new prompt waits for your review. tinyarms prompt review {skill}"
        case "refresh_wanted":
            return f"{skill}: new examples wait to be remembered. tinyarms prompt refresh {skill}"
        case "refreshed":
            return f"{skill}: {version} remembers new examples. tinyarms prompt history {skill}"
        case "promoted":
            return f"{skill}: {version} is in production. tinyarms prompt diff {skill}"
        case "rolled_back":
            from_version = numbers.get("from_version")
            version = "a version" if from_version is None else f"version {from_version}"
            return f"{skill}: {version} was rolled back. tinyarms prompt history {skill}"
        case kind:
            raise ValueError(f"no notice for {kind!r}: only for {get_args(NoticeKind)}")


def body_of(message: Message, project: str) -> dict[str, Any]:
    """The JSON of a webhook. `id` is the same if a message is sent twice."""
    return {
        "schema": "tinyarms/1",
        "id": message.id,
        "project": project,
        "text": text_of(message),
        "events": [
            {
                "id": notice.event_id,
                "at": iso(notice.at),
                "skill": notice.skill,
                "kind": notice.kind,
                "text": line_of(notice),
                **notice.numbers,
            }
            for notice in message.notices
        ],
    }
