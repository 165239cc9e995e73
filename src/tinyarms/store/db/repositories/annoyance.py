"""What users say of the vote dialog."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.records import AnnoyanceRecord
from tinyarms.store.db.repositories.base import Repository, to_row
from tinyarms.store.db.tables import annoyance_answers as table
from tinyarms.store.db.tables import votes


class AnnoyanceAnswers(Repository):
    """One row for each time that a user was asked. Never pruned: a user has twelve in a year."""

    def add(self, answer: AnnoyanceRecord) -> None:
        """Add it; nothing happens if its id is there."""
        insert_or_ignore(self._connection, table, to_row(answer))

    def last_asked(self, user: str | None) -> datetime | None:
        """When this user was last asked; `None` stands for whoever gives no name."""
        query = select(func.max(table.c.created_at)).where(table.c.user.is_not_distinct_from(user))
        asked_at: datetime | None = self._connection.execute(query).scalar_one()
        return asked_at

    def ballots_answered(self, user: str | None) -> int:
        """How many ballots this user has answered; `None`: how many were answered at all."""
        query = select(func.count()).select_from(votes)
        if user is not None:
            query = query.where(votes.c.user == user)
        return self._connection.execute(query).scalar_one()

    def answers(self, since: datetime) -> tuple[int, int]:
        """Since then, how many answers say that it was annoying, and how many there are.

        Skipped questions are no answers.
        """
        yes = func.count().filter(table.c.annoyed.is_(True))
        query = select(yes, func.count(table.c.annoyed)).where(table.c.created_at >= since)
        annoyed, answers = self._connection.execute(query).one()
        return annoyed, answers
