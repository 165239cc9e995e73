"""The texts that were read from pictures, so that each picture is read once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from tinyarms.store.db.dialects import insert_or_ignore
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import picture_texts as table


class PictureTexts(Repository):
    """A cache: all of it can be read again."""

    def find(self, sha256: str, reader: str) -> str | None:
        """The text that this reader read in the picture of this hash."""
        query = select(table.c.text).where(table.c.sha256 == sha256, table.c.reader == reader)
        return self._connection.execute(query).scalar_one_or_none()

    def add(self, sha256: str, reader: str, text: str, now: datetime) -> None:
        """Store what the reader read, unless it is stored."""
        row = {"sha256": sha256, "reader": reader, "text": text, "created_at": now}
        insert_or_ignore(self._connection, table, row)

    def clear(self) -> None:
        """Delete all of them."""
        self._connection.execute(delete(table))
