"""What is to be said to people, and what was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from tinyarms.store.db.dialects import insert_or_ignore, one_at_a_time
from tinyarms.store.db.records import NoticeRecord
from tinyarms.store.db.repositories.base import Repository, from_row, to_row
from tinyarms.store.db.tables import notices as table


class Notices(Repository):
    """One row an event and channel."""

    def add(self, notice: NoticeRecord) -> None:
        """Add it; nothing happens if it is there."""
        insert_or_ignore(self._connection, table, to_row(notice))

    def one_at_a_time(self) -> None:
        """Wait until no other unit of work that has asked for this is open."""
        one_at_a_time(self._connection, "notices")

    def messages(self, channel: str, sent_since: datetime, tried_since: datetime) -> int:
        """How many messages were sent since the one time, or are perhaps on their way, tried
        since the other."""
        counts = or_(
            table.c.sent_at > sent_since,
            table.c.sent_at.is_(None) & (table.c.tried_at > tried_since),
        )
        query = select(func.count(table.c.message_id.distinct()))
        return self._connection.execute(
            query.where(table.c.channel == channel, counts)
        ).scalar_one()

    def waiting(self, channel: str) -> list[NoticeRecord]:
        """Those that were not sent, oldest first."""
        query = select(table).where(table.c.channel == channel, table.c.sent_at.is_(None))
        rows = self._connection.execute(query.order_by(table.c.at, table.c.event_id)).all()
        return [from_row(NoticeRecord, row) for row in rows]

    def tried(
        self, channel: str, event_ids: Collection[str], message_id: str, at: datetime
    ) -> None:
        """They were put into this message, which is sent now."""
        of_channel = (table.c.channel == channel, table.c.event_id.in_(event_ids))
        self._connection.execute(
            update(table).where(*of_channel).values(message_id=message_id, tried_at=at)
        )

    def sent(self, channel: str, message_id: str, at: datetime) -> None:
        """The message has arrived."""
        of_message = (table.c.channel == channel, table.c.message_id == message_id)
        self._connection.execute(update(table).where(*of_message).values(sent_at=at))

    def forget(self, before: datetime) -> None:
        """Delete those of events before this time, sent or not."""
        self._connection.execute(delete(table).where(table.c.at < before))
