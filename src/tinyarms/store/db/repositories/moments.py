"""The newest times that rows have."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import prompt_history, sessions, tasks


class Moments(Repository):
    """Reads several tables; each query is answered by an index."""

    def newest(self, skill: str) -> datetime | None:
        """When the newest task, release or session of a skill was stored; `None` without one."""
        columns = (
            (tasks.c.created_at, tasks.c.skill == skill),
            (prompt_history.c.active_from, prompt_history.c.skill == skill),
            (sessions.c.triggered_at, sessions.c.skill == skill),
        )
        found = [
            self._connection.execute(
                select(column).where(where).order_by(column.desc()).limit(1)
            ).scalar()
            for column, where in columns
        ]
        return max((moment for moment in found if moment is not None), default=None)
