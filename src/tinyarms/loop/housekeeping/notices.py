"""What people are told, and how seldom: several events go into one message.

A message is sent at least once: whoever dies while sending it leaves it to be tried again after
`TRY_AGAIN`, with the same id if nothing new has come. What nobody could be told within
`FORGET_AFTER` is forgotten.
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
    """One event, as far as people are told of it."""

    event_id: str
    at: datetime
    skill: str
    kind: str
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Message:
    """What is said at once."""

    id: str
    """The same if the same is said again."""
    notices: tuple[Notice, ...]
    """Oldest first, at least one."""


def note(context: Context, notice: Notice, channels: Iterable[str]) -> None:
    """Let it be told on these channels. The same event twice is one."""
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
    """What is to be sent on the channel now, all that waits in one message; `None`: nothing.

    Nothing is in quiet hours, nor beyond `notifications.at_most_per_day` messages in 24 hours.
    It counts from now on, whether it arrives or not; two processes at once do not get the same.
    """
    settings, now = context.project.settings, context.clock()
    with context.store.read() as work:
        if not work.notices.waiting(channel):
            return None
    if quiet_until(settings.quiet_hours, now) is not None:
        return None
    with context.store.unit_of_work() as work:
        work.notices.one_at_a_time()
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
    """The message was sent: its events are not told again on this channel."""
    with context.store.unit_of_work() as work:
        work.notices.sent(channel, message.id, context.clock())


def _is_free(waiting: NoticeRecord, now: datetime) -> bool:
    """Whether nobody is sending it right now."""
    return waiting.tried_at is None or waiting.tried_at <= now - TRY_AGAIN


def _is_over(work: UnitOfWork, waiting: NoticeRecord) -> bool:
    """Whether what is wanted is not wanted any more: its session has ended meanwhile."""
    wanted = waiting.kind in ("vote_wanted", "review_wanted")
    return wanted and work.sessions.open(waiting.skill) is None


def _notice(waiting: NoticeRecord) -> Notice:
    return Notice(waiting.event_id, waiting.at, waiting.skill, waiting.kind, dict(waiting.data))
