"""The memories of prompt versions: snapshots of examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.records import MemoryRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import memories as table


class Stamp(NamedTuple):
    """When a memory was stored, and its size in bytes."""

    created_at: datetime
    bytes: int


class Memories(Repository):
    """Memories by skill and snapshot."""

    def find(self, skill: str, snapshot: str) -> bytes | None:
        """The content of the memory; `None` if it is not stored."""
        query = select(table.c.content).where(_at(skill, snapshot))
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

    def example_ids(self, skill: str, snapshot: str) -> tuple[str, ...] | None:
        """The ids of the examples in the memory; `None` if it is not stored."""
        query = select(table.c.example_ids).where(_at(skill, snapshot))
        return self._connection.execute(query).scalar_one_or_none()

    def stamp(self, skill: str, snapshot: str) -> Stamp | None:
        """A value that changes with the memory's content; `None` if it is not stored."""
        query = select(table.c.created_at, func.length(table.c.content))
        row = self._connection.execute(query.where(_at(skill, snapshot))).one_or_none()
        return None if row is None else Stamp(*row)

    def with_any(self, skill: str, example_ids: Collection[str]) -> list[str]:
        """The snapshots of the skill's memories that hold one of these examples."""
        query = select(table.c.snapshot, table.c.example_ids).where(table.c.skill == skill)
        rows = self._connection.execute(query).all()
        wanted = set(example_ids)
        return sorted(row.snapshot for row in rows if not wanted.isdisjoint(row.example_ids))

    def delete(self, skill: str, snapshot: str) -> None:
        """Delete the memory."""
        self._connection.execute(delete(table).where(_at(skill, snapshot)))

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


def _at(skill: str, snapshot: str) -> ColumnElement[bool]:
    return and_(table.c.snapshot == snapshot, table.c.skill == skill)
