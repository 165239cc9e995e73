"""Who is asked for no votes for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import snoozes as table


class Snoozes(Repository):
    """At most one row a user; `None` stands for whoever gives no name."""

    def until(self, user: str | None) -> datetime | None:
        """Until when the user is asked for no votes; `None` if that was never wanted."""
        query = select(table.c.until).where(table.c.user == (user or ""))
        until: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return until

    def begin(self, user: str | None, until: datetime) -> None:
        """Ask the user for no votes until then."""
        self.end(user)
        insert_or_ignore(self._connection, table, {"user": user or "", "until": until})

    def end(self, user: str | None) -> None:
        """Ask the user again."""
        self._connection.execute(delete(table).where(table.c.user == (user or "")))
