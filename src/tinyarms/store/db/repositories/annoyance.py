"""Users' answers whether the vote dialog was annoying."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import AnnoyanceRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import annoyance_answers as table
from tinyarms.store.db.tables import votes


class AnnoyanceAnswers(Repository):
    """One row for each time that a user was asked. Never pruned: a user has at most twelve a
    year."""

    def add(self, answer: AnnoyanceRecord) -> None:
        """Add it, unless its id exists."""
        insert_record_or_ignore(self._connection, table, answer)

    def last_asked(self, user: str | None) -> datetime | None:
        """When this user was last asked; user `None`: those without a name."""
        query = select(func.max(table.c.created_at)).where(table.c.user.is_not_distinct_from(user))
        asked_at: datetime | None = self._connection.execute(query).scalar_one()
        return asked_at

    def ballots_answered(self, user: str | None) -> int:
        """How many ballots this user has answered; user `None`: how many were answered in all."""
        query = select(func.count()).select_from(votes)
        if user is not None:
            query = query.where(votes.c.user == user)
        return self._connection.execute(query).scalar_one()

    def answers(self, since: datetime) -> tuple[int, int]:
        """The number of answers since then that say it was annoying, and the number of all answers.

        Skipped questions do not count.
        """
        yes = func.count().filter(table.c.annoyed.is_(True))
        query = select(yes, func.count(table.c.annoyed)).where(table.c.created_at >= since)
        annoyed, answers = self._connection.execute(query).one()
        return annoyed, answers
