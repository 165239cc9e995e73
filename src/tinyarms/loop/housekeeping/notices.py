"""Notices to people: several events go into one message, to limit their number.

A message is sent at least once. If the process dies while it sends, the message is retried after
`TRY_AGAIN`, with the same id if there is no new event. Notices that could not be sent within
`FORGET_AFTER` are deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.ids import derived_id
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.loop.project.context import Context
from tinyarms.store.db.records import NoticeRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
TRY_AGAIN = timedelta(hours=1)
FORGET_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Notice:
    """The part of an event that people are told."""

    event_id: str
    at: datetime
    skill: str
    kind: str
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Message:
    """A message with one or more notices."""

    id: str
    """The id; the same if the same message is sent again."""
    notices: tuple[Notice, ...]
    """The notices, oldest first; at least one."""


def note(context: Context, notice: Notice, channels: Iterable[str]) -> None:
    """Queue a notice for these channels. A repeated event adds nothing."""
    with context.store.unit_of_work() as work:
        for channel in channels:
            work.notices.add(
                NoticeRecord(
                    event_id=notice.event_id,
                    channel=channel,
                    skill=notice.skill,
                    kind=notice.kind,
                    at=notice.at,
                    data=dict(notice.numbers),
                )
            )


def next_message(context: Context, channel: str) -> Message | None:
    """The message to send on the channel now, with all waiting notices; `None` if there is none.

    There is none in quiet hours, or after `notifications.at_most_per_day` messages in 24 hours. The
    message counts from now on, even if it does not arrive. Two processes never get the same one.
    """
    settings, now = context.project.settings, context.clock()
    with context.store.read() as work:
        if not work.notices.waiting(channel):
            return None
    if quiet_until(settings.quiet_hours, now) is not None:
        return None
    with context.store.unit_of_work() as work:
        work.notices.forget(now - FORGET_AFTER)
        sent = work.notices.messages(channel, now - DAY, now - TRY_AGAIN)
        waiting = [
            each
            for each in work.notices.waiting(channel)
            if _is_free(each, now) and not _is_over(work, each)
        ]
        if not waiting or sent >= settings.notifications.at_most_per_day:
            return None
        ids = [each.event_id for each in waiting]
        message_id = derived_id("message", channel, *ids)
        work.notices.tried(channel, ids, message_id, now)
    return Message(message_id, tuple(_notice(each) for each in waiting))


def arrived(context: Context, channel: str, message: Message) -> None:
    """Record that the message was sent, so that its events are not sent again on this channel."""
    with context.store.unit_of_work() as work:
        work.notices.sent(channel, message.id, context.clock())


def _is_free(waiting: NoticeRecord, now: datetime) -> bool:
    """Whether no process is sending it now."""
    return waiting.tried_at is None or waiting.tried_at <= now - TRY_AGAIN


def _is_over(work: UnitOfWork, waiting: NoticeRecord) -> bool:
    """Whether the request is obsolete because its session has ended, or the refresh is done."""
    if waiting.kind == "refresh_wanted":
        active = work.history.active(waiting.skill)
        return active is None or active.version != waiting.data.get("version")
    wanted = waiting.kind in ("vote_wanted", "review_wanted")
    return wanted and work.sessions.open(waiting.skill) is None


def _notice(waiting: NoticeRecord) -> Notice:
    return Notice(waiting.event_id, waiting.at, waiting.skill, waiting.kind, dict(waiting.data))
