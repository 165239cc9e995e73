"""The memories of prompt versions: snapshots of examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.records import MemoryRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import memories as table


class Memories(Repository):
    """Memories by skill and snapshot."""

    def find(self, skill: str, snapshot: str) -> bytes | None:
        """The content of the memory; `None` if it is not stored."""
        query = select(table.c.content).where(table.c.snapshot == snapshot, table.c.skill == skill)
        return self._connection.execute(query).scalar_one_or_none()

    def all(self, skill: str) -> list[MemoryRecord]:
        """All memories of the skill, without their content."""
        columns = (table.c.skill, table.c.snapshot, table.c.example_ids, table.c.created_at)
        size = func.length(table.c.content).label("size")
        query = select(*columns, size).where(table.c.skill == skill).order_by(table.c.snapshot)
        return [
            MemoryRecord(row.skill, row.snapshot, len(row.example_ids), row.size, row.created_at)
            for row in self._connection.execute(query)
        ]

    def skills(self) -> list[str]:
        """The skills that have a memory."""
        query = select(table.c.skill).distinct().order_by(table.c.skill)
        return list(self._connection.execute(query).scalars())

    def delete(self, skill: str, snapshot: str) -> None:
        """Delete a memory."""
        where = (table.c.skill == skill, table.c.snapshot == snapshot)
        self._connection.execute(delete(table).where(*where))

    def delete_with(self, skill: str, example_ids: Collection[str]) -> int:
        """Delete the memories of the skill that hold one of these examples. Returns how many."""
        query = select(table.c.snapshot, table.c.example_ids).where(table.c.skill == skill)
        rows = self._connection.execute(query).all()
        gone = [row.snapshot for row in rows if not set(example_ids).isdisjoint(row.example_ids)]
        where = (table.c.skill == skill, table.c.snapshot.in_(gone))
        self._connection.execute(delete(table).where(*where))
        return len(gone)

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
