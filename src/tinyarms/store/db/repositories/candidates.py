"""The candidates of searches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.records import CandidateRecord
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import prompt_columns, prompts_of, records_of
from tinyarms.store.db.tables import candidates as table


class Candidates(Repository):
    """Candidates with their lineage."""

    def add(self, candidate: CandidateRecord) -> None:
        """Add it, unless its `variant_id` exists."""
        row = prompt_columns(candidate.prompt) | {
            "variant_id": candidate.variant_id,
            "session_id": candidate.session_id,
            "skill_name": candidate.skill_name,
            "prompt_text": candidate.prompt.text,
            "prompt_hash": candidate.prompt.hash,
            "generation": candidate.generation,
            "parent_id": candidate.parent_id,
            "mutation_type": candidate.mutation_type,
            "mutation_prompt": candidate.mutation_prompt,
            "origin": candidate.origin,
            "fitness_score": candidate.fitness_score,
            "evaluated_n": candidate.evaluated_n,
            "created_at": candidate.created_at,
        }
        insert_or_ignore(self._connection, table, row)

    def set_fitness(self, variant_id: str, fitness: float | None, n: int) -> None:
        """Set the mean score, in [0, 1], over `n` examples. Raises `ConflictError` if not found."""
        columns = {"fitness_score": fitness, "evaluated_n": n}
        row_name = f"candidate {variant_id}"
        self._update_one(table, table.c.variant_id == variant_id, row_name, columns)

    def get(self, variant_id: str) -> CandidateRecord | None:
        """The candidate with this id."""
        query = select(table).where(table.c.variant_id == variant_id)
        found = self._candidates(query)
        return found[0] if found else None

    def all(self, session_id: str) -> list[CandidateRecord]:
        """All candidates of a session, by generation, then age."""
        query = (
            select(table)
            .where(table.c.session_id == session_id)
            .order_by(table.c.generation, table.c.created_at, table.c.variant_id)
        )
        return self._candidates(query)

    def _candidates(self, query: Select[Any]) -> list[CandidateRecord]:
        rows = self._connection.execute(query).all()
        return records_of(CandidateRecord, rows, prompt=prompts_of(rows, "prompt_text"))
