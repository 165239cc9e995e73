"""Prompt versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select

from tinyarms.core.errors import ConflictError
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import prompt_columns, prompts_of, records_of
from tinyarms.store.db.tables import prompt_versions as table

# Read every two seconds while tasks come; building a statement takes longer than running it.
_VERSION = select(table).where(
    table.c.skill == bindparam("of"), table.c.number == bindparam("version")
)


class Versions(Repository):
    """Prompt versions are immutable, and a number is never reused."""

    def add(self, version: PromptVersion) -> None:
        """Add it, unless the same version exists.

        Raises `ConflictError` if the number is taken by another prompt.
        """
        row = prompt_columns(version.prompt) | {
            "skill": version.skill,
            "number": version.number,
            "text": version.prompt.text,
            "hash": version.prompt.hash,
            "parent": version.parent,
            "source": version.source,
            "path": version.path,
            "created_at": version.created_at,
        }
        if insert_or_ignore(self._connection, table, row):
            return
        stored = self.find(version.skill, version.number)
        if stored is None or stored.prompt.hash != version.prompt.hash:
            raise ConflictError(
                f"{version.skill} already has another version {version.number}.",
                "Take the next number.",
            )

    def get(self, skill: str, number: int) -> PromptVersion:
        """The version with this number. Raises `ConflictError` if there is none."""
        version = self.find(skill, number)
        if version is None:
            raise ConflictError(
                f"{skill} has no prompt version {number}.",
                f"See its versions: tinyarms prompt history {skill}",
            )
        return version

    def find(self, skill: str, number: int) -> PromptVersion | None:
        """The version with this number; `None` if there is none."""
        found = self._versions(_VERSION, of=skill, version=number)
        return found[0] if found else None

    def of_file(self, path: str) -> list[PromptVersion]:
        """The versions of any skill whose prompt file has this path, oldest first."""
        query = select(table).where(table.c.path == path).order_by(table.c.created_at)
        return self._versions(query)

    def latest(self, skill: str) -> PromptVersion | None:
        """The version with the highest number."""
        query = select(table).where(table.c.skill == skill).order_by(table.c.number.desc()).limit(1)
        found = self._versions(query)
        return found[0] if found else None

    def all(self, skill: str) -> list[PromptVersion]:
        """All versions, ordered by number."""
        query = select(table).where(table.c.skill == skill).order_by(table.c.number)
        return self._versions(query)

    def _versions(self, query: Select[Any], **values: object) -> list[PromptVersion]:
        rows = self._connection.execute(query, values).all()
        return records_of(PromptVersion, rows, prompt=prompts_of(rows, "text"))
