"""The base of the repositories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, update

from tinyarms.core.errors import ConflictError


@dataclass(frozen=True)
class Repository:
    """Works on the connection of one unit of work."""

    _connection: Connection

    def _update_one(
        self, table: Table, where: ColumnElement[bool], row_name: str, columns: Mapping[str, Any]
    ) -> None:
        """Update one row. Raises `ConflictError` if it does not exist."""
        changed = self._connection.execute(update(table).where(where).values(**columns))
        if changed.rowcount != 1:
            raise ConflictError(f"There is no {row_name} any more.", "Look again, then repeat it.")
