"""Leases: only one process at a time works on a skill."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import leases as table


class Leases(Repository):
    """One row per skill that a process works on or has worked on."""

    def acquire(self, skill: str, holder: str, now: datetime, ttl: timedelta) -> bool:
        """Take or renew the lease until `now + ttl`. False while another process holds it."""
        row = {"skill": skill, "holder": holder, "expires_at": now + ttl}
        if insert_or_ignore(self._connection, table, row):
            return True
        mine_to_take = or_(table.c.holder == holder, table.c.expires_at <= now)
        statement = update(table).where(table.c.skill == skill, mine_to_take).values(row)
        return self._connection.execute(statement).rowcount == 1

    def release(self, skill: str, holder: str) -> None:
        """Release the lease, unless another process holds it."""
        statement = delete(table).where(table.c.skill == skill, table.c.holder == holder)
        self._connection.execute(statement)

    def held(self, now: datetime) -> list[str]:
        """The skills with a lease that has not expired."""
        query = select(table.c.skill).where(table.c.expires_at > now).order_by(table.c.skill)
        return list(self._connection.execute(query).scalars())

    def holder(self, skill: str, now: datetime) -> str | None:
        """The process that holds the lease now."""
        query = select(table.c.holder).where(table.c.skill == skill, table.c.expires_at > now)
        return self._connection.execute(query).scalar_one_or_none()
