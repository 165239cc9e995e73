"""The memories of prompt versions: snapshots of examples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import memories as table


class Memories(Repository):
    """Memories by skill and snapshot."""

    def find(self, skill: str, snapshot: str) -> bytes | None:
        """The content of the memory; `None` if it is not stored."""
        query = select(table.c.content).where(table.c.snapshot == snapshot, table.c.skill == skill)
        return self._connection.execute(query).scalar_one_or_none()

    def example_ids(self, skill: str, snapshot: str) -> tuple[str, ...]:
        """The ids of the remembered examples; empty if the memory is not stored."""
        query = select(table.c.example_ids).where(
            table.c.snapshot == snapshot, table.c.skill == skill
        )
        return self._connection.execute(query).scalar_one_or_none() or ()

    def add(
        self, skill: str, snapshot: str, example_ids: Sequence[str], content: bytes, now: datetime
    ) -> None:
        """Store a memory, unless it is stored."""
        row = {
            "skill": skill,
            "snapshot": snapshot,
            "example_ids": tuple(example_ids),
            "content": content,
            "created_at": now,
        }
        insert_or_ignore(self._connection, table, row)
