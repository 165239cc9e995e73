"""Notices to people, sent and waiting."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import NoticeRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import records_of
from tinyarms.store.db.tables import notices as table


class Notices(Repository):
    """One row per event and channel."""

    def add(self, notice: NoticeRecord) -> None:
        """Add it, unless it exists."""
        insert_record_or_ignore(self._connection, table, notice)

    def messages(self, channel: str, sent_since: datetime, tried_since: datetime) -> int:
        """The number of messages sent since `sent_since`, or tried since `tried_since` and perhaps
        still on their way."""
        counts = or_(
            table.c.sent_at > sent_since,
            table.c.sent_at.is_(None) & (table.c.tried_at > tried_since),
        )
        query = select(func.count(table.c.message_id.distinct()))
        return self._connection.execute(
            query.where(table.c.channel == channel, counts)
        ).scalar_one()

    def waiting(self, channel: str) -> list[NoticeRecord]:
        """The notices not sent yet, oldest first."""
        query = select(table).where(table.c.channel == channel, table.c.sent_at.is_(None))
        return records_of(
            NoticeRecord,
            self._connection.execute(query.order_by(table.c.at, table.c.event_id)).all(),
        )

    def tried(
        self, channel: str, event_ids: Collection[str], message_id: str, at: datetime
    ) -> None:
        """Record that these notices are in this message, which is sent now."""
        of_channel = (table.c.channel == channel, table.c.event_id.in_(event_ids))
        self._connection.execute(
            update(table).where(*of_channel).values(message_id=message_id, tried_at=at)
        )

    def sent(self, channel: str, message_id: str, at: datetime) -> None:
        """Record that the message has arrived."""
        of_message = (table.c.channel == channel, table.c.message_id == message_id)
        self._connection.execute(update(table).where(*of_message).values(sent_at=at))

    def forget(self, before: datetime) -> None:
        """Delete the notices of events before this time, sent or not."""
        self._connection.execute(delete(table).where(table.c.at < before))
