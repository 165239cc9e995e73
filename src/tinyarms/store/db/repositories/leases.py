"""Leases: only one process at a time works on a skill.

A lease has a token, a number that grows by one whenever it gets another holder. Whoever writes
under a lease first compares the token with the one that it was given: a process that stood still
while its lease expired and was taken over is recognised in the transaction that it writes in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update

from tinyarms.core.clock import utc_now
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import leases as table

LONGEST = timedelta(minutes=10)
"""The longest time for which a lease is given. One that ends later was given before the clock was
set back, and holds no more: else nobody would evolve the skill until the clock is there again."""
# Each write of a search runs it, and building a statement takes longer than running it.
_TOKEN = select(table.c.token).where(table.c.skill == bindparam("name"))
_NOBODY = ""
"""The holder of a lease that was given back. Its row stays, because the token has to."""


class Leases(Repository):
    """One row per skill that a process works on or has worked on.

    Times are real ones, and on PostgreSQL those of the server: the clocks of the machines need not
    agree, and a simulated clock lets no lease expire.
    """

    def acquire(self, name: str, holder: str, ttl: timedelta) -> int | None:
        """Take the lease for so long; its token. `None` while another process holds it."""
        now = self._now()
        query = select(table.c.holder, table.c.expires_at, table.c.token)
        row = self._connection.execute(query.where(table.c.skill == name)).one_or_none()
        if (
            row is not None
            and row.holder not in (holder, _NOBODY)
            and now < row.expires_at <= now + LONGEST
        ):
            return None
        token = 1 if row is None else row.token + (row.holder != holder)
        values = {"skill": name, "holder": holder, "expires_at": now + ttl, "token": token}
        if row is None:
            self._connection.execute(table.insert(), values)
        else:
            self._connection.execute(update(table).where(table.c.skill == name).values(values))
        return int(token)

    def renew(self, name: str, holder: str, ttl: timedelta) -> bool:
        """Hold it for so long from now; false if another process has had it since."""
        statement = update(table).where(table.c.skill == name, table.c.holder == holder)
        renewed = self._connection.execute(statement.values(expires_at=self._now() + ttl))
        return renewed.rowcount == 1

    def release(self, name: str, holder: str) -> None:
        """Give it back, unless another process holds it."""
        statement = update(table).where(table.c.skill == name, table.c.holder == holder)
        self._connection.execute(statement.values(holder=_NOBODY))

    def revoke(self, name: str) -> None:
        """Take it from its holder, who writes nothing under it any more."""
        taken = {"holder": _NOBODY, "token": table.c.token + 1}
        self._connection.execute(update(table).where(table.c.skill == name).values(taken))

    def forget(self, name: str) -> None:
        """Remove it with its token: nobody writes under this lease any more."""
        self._connection.execute(delete(table).where(table.c.skill == name))

    def holder(self, name: str) -> str | None:
        """The process that holds the lease now."""
        query = select(table.c.holder).where(table.c.skill == name, *self._is_held())
        return self._connection.execute(query).scalar_one_or_none()

    def token(self, name: str) -> int:
        """The number of its last holder; 0 before the first."""
        return self._connection.execute(_TOKEN, {"name": name}).scalar_one_or_none() or 0

    def held(self, begins_with: str = "", name: str | None = None) -> dict[str, str]:
        """Name → holder of the leases that are held now, in the order of their names.

        Of those whose name begins so, and of the one with this `name`.
        """
        chosen = table.c.skill.startswith(begins_with, autoescape=True)
        query = select(table.c.skill, table.c.holder).where(
            or_(chosen, table.c.skill == name), *self._is_held()
        )
        rows = self._connection.execute(query.order_by(table.c.skill))
        return {row.skill: row.holder for row in rows}

    def names(self, begins_with: str) -> list[str]:
        """The names that begin so, of all leases, whether they are held or not."""
        query = select(table.c.skill).where(table.c.skill.startswith(begins_with, autoescape=True))
        return list(self._connection.execute(query).scalars())

    def _is_held(self) -> tuple[ColumnElement[bool], ...]:
        now, ends = self._now(), table.c.expires_at
        return ends > now, ends <= now + LONGEST, table.c.holder != _NOBODY

    def _now(self) -> datetime:
        if self._connection.dialect.name != "postgresql":
            return utc_now()
        now: datetime = self._connection.execute(select(func.clock_timestamp())).scalar_one()
        return now
