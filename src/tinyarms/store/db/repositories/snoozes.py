"""Users who turned questions off for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import snoozes as table


class Snoozes(Repository):
    """At most one row per user; user `None`: those without a name."""

    def until(self, user: str | None) -> datetime | None:
        """The time until which the user is not asked for votes; `None` if never snoozed."""
        query = select(table.c.until).where(table.c.user == (user or ""))
        until: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return until

    def begin(self, user: str | None, until: datetime) -> None:
        """Do not ask the user for votes until then."""
        self.end(user)
        insert_or_ignore(self._connection, table, {"user": user or "", "until": until})

    def end(self, user: str | None) -> None:
        """Ask the user again."""
        self._connection.execute(delete(table).where(table.c.user == (user or "")))
