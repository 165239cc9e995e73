"""Examples, their permanent split, and the log of reads of the test split."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, and_, delete, func, select, update

from tinyarms.skills.example import Example, Split, format_example
from tinyarms.store.db.dialects import insert_all_or_ignore, insert_or_ignore
from tinyarms.store.db.records import ExampleRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import examples as table
from tinyarms.store.db.tables import test_reads


class Examples(Repository):
    """A stored example never changes its split, even if its file does."""

    def sync(self, skill: str, examples: Iterable[Example], now: datetime) -> None:
        """Insert new examples; update the content of known ones, but not their split."""
        stored = {example.id: example for example in self.all(skill)}
        new = []
        for example in examples:
            earlier = stored.get(example.id)
            if earlier is None:
                new.append(example)
            elif earlier != (kept_split := replace(example, split=earlier.split)):
                self._replace(skill, kept_split)
        self._insert(skill, new, now)

    def all(self, skill: str, split: Split | None = None) -> list[Example]:
        """All examples, or those of one split, ordered by id."""
        query = select(table).where(table.c.skill == skill)
        if split is not None:
            query = query.where(table.c.split == split)
        # In code, because databases sort text by their own collations.
        rows = sorted(self._connection.execute(query), key=lambda row: str(row.id))
        return [_example(row) for row in rows]

    def records(self, skill: str) -> list[ExampleRecord]:
        """All examples with their origin, ordered by id."""
        rows = self._connection.execute(select(table).where(table.c.skill == skill))
        return [_record(row) for row in sorted(rows, key=lambda row: str(row.id))]

    def find(self, skill: str, example_id: str) -> Example | None:
        """The example with this id."""
        query = select(table).where(table.c.skill == skill, table.c.id == example_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _example(row)

    def held_out(self, skill: str) -> int:
        """The number of gold examples in the skill's test split."""
        wanted = (table.c.skill == skill, table.c.split == "test", table.c.origin == "gold")
        query = select(func.count()).select_from(table).where(*wanted)
        return self._connection.execute(query).scalar_one()

    def ids(self, skill: str) -> set[str]:
        """The ids of all examples of the skill."""
        query = select(table.c.id).where(table.c.skill == skill)
        return set(self._connection.execute(query).scalars())

    def gold_ids(self, skill: str) -> set[str]:
        """The ids of the gold examples outside of the test split."""
        wanted = (table.c.skill == skill, table.c.split != "test", table.c.origin == "gold")
        return set(self._connection.execute(select(table.c.id).where(*wanted)).scalars())

    def collected(self, skill: str) -> int:
        """How many collected examples of the skill no person has reviewed."""
        wanted = (table.c.skill == skill, table.c.origin == "collected")
        query = select(func.count()).select_from(table).where(*wanted)
        return self._connection.execute(query).scalar_one()

    def collect(self, skill: str, example: Example, user: str | None, now: datetime) -> None:
        """Store a collected example; it replaces a collected one with the same id."""
        row = {"skill": skill, "id": example.id, "split": example.split}
        source = {"user": user, "created_at": now}
        if insert_or_ignore(self._connection, table, row | source | _content(example)):
            return
        statement = self._at(skill, example.id).where(table.c.origin == "collected")
        self._connection.execute(statement.values(source | _content(example)))

    def make_gold(self, skill: str, example: Example, now: datetime) -> None:
        """Make a collected example gold, in the split `example.split`.

        Raises `ConflictError` if it is not there.
        """
        columns = {"split": example.split, "reviewed_at": now, **_content(example)}
        self._update_one(table, self._where_collected(skill, example.id), "example", columns)

    def set_splits(self, skill: str, splits: Mapping[str, Split]) -> None:
        """Give gold examples these splits, by id. Only before anything has read them."""
        stored = {example.id: example for example in self.all(skill)}
        for example_id, split in splits.items():
            example = stored.get(example_id)
            if example is not None and example.origin == "gold" and example.split != split:
                columns = {"split": split, **_content(replace(example, split=split))}
                self._connection.execute(self._at(skill, example_id).values(columns))

    def drop(self, skill: str, example_id: str) -> None:
        """Delete a collected example."""
        statement = delete(table).where(self._where_collected(skill, example_id))
        self._connection.execute(statement)

    def log_test_read(
        self, id: str, skill: str, session_id: str | None, prompt_hash: str, n: int, now: datetime
    ) -> None:
        """Record that a prompt ran on `n` test examples, unless `id` exists."""
        row = {
            "id": id,
            "skill": skill,
            "session_id": session_id,
            "prompt_hash": prompt_hash,
            "n": n,
            "created_at": now,
        }
        insert_or_ignore(self._connection, test_reads, row)

    def test_reads(self, skill: str) -> int:
        """The number of reads of the skill's test split."""
        query = select(func.count()).select_from(test_reads).where(test_reads.c.skill == skill)
        return self._connection.execute(query).scalar_one()

    def test_gates(self, skill: str) -> tuple[int, int]:
        """The number of sessions that read the skill's test split, and the number of their
        prompts."""
        sessions = func.count(test_reads.c.session_id.distinct())
        prompts = func.count(test_reads.c.prompt_hash.distinct())
        query = select(sessions, prompts).where(test_reads.c.skill == skill)
        row = self._connection.execute(query).one()
        return row[0], row[1]

    def _insert(self, skill: str, examples: Sequence[Example], now: datetime) -> None:
        lines = [format_example(example) for example in examples]
        rows = [
            {"skill": skill, "id": example.id, "split": example.split, "created_at": now}
            | {"origin": example.origin, "row": json.loads(line)}
            for example, line in zip(examples, lines, strict=True)
        ]
        insert_all_or_ignore(self._connection, table, rows)

    def _replace(self, skill: str, example: Example) -> None:
        source = {"user": None, "reviewed_at": None}
        self._connection.execute(self._at(skill, example.id).values(source | _content(example)))

    def _at(self, skill: str, example_id: str) -> Update:
        return update(table).where(table.c.skill == skill, table.c.id == example_id)

    def _where_collected(self, skill: str, example_id: str) -> ColumnElement[bool]:
        at = and_(table.c.skill == skill, table.c.id == example_id)
        return and_(at, table.c.origin == "collected")


def _content(example: Example) -> dict[str, Any]:
    return {"origin": example.origin, "row": json.loads(format_example(example))}


def _record(row: Row[Any]) -> ExampleRecord:
    return ExampleRecord(
        example=_example(row),
        created_at=row.created_at,
        user=row.user,
        reviewed_at=row.reviewed_at,
    )


def _example(row: Row[Any]) -> Example:
    data = row.row
    return Example(
        id=row.id,
        inputs=data["inputs"],
        expected=data["expected"],
        split=row.split,
        origin=row.origin,
        kind=data.get("kind", ""),
        required=data.get("required", {}),
        forbidden=tuple(data.get("forbidden", ())),
    )
