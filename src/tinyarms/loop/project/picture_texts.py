"""The texts that were read from the pictures of examples, kept in the database."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.core.clock import Clock
from tinyarms.store.db.database import Store


@dataclass(frozen=True)
class StoredTexts:
    """The `KeptTexts` of a project."""

    store: Store
    clock: Clock

    def find(self, sha256: str, reader: str) -> str | None:
        """The text that this reader read in the picture of this hash; `None`: not kept."""
        with self.store.read() as work:
            return work.picture_texts.find(sha256, reader)

    def keep(self, sha256: str, reader: str, text: str) -> None:
        """Keep what the reader read, if the database can be written to."""
        if self.store.read_only:
            return
        with self.store.unit_of_work() as work:
            work.picture_texts.add(sha256, reader, text, self.clock())
