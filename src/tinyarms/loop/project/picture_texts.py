"""The texts that were read from the pictures of examples, kept in the database."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tinyarms.core.clock import Clock
from tinyarms.core.errors import StoreError
from tinyarms.loop.project.standby import Standby
from tinyarms.store.db.database import Store

_PATIENCE_S = 0.5
"""Seconds that a task waits for the database before its picture is read again."""


@dataclass(frozen=True)
class StoredTexts:
    """The `KeptTexts` of a project."""

    store: Store
    clock: Clock
    standby: Standby

    def find(self, sha256: str, reader: str) -> str | None:
        """The text that this reader read in the picture of this hash; `None`: not kept, or the
        database does not answer."""

        def find() -> str | None:
            with self.store.read_now() as work:
                return work.picture_texts.find(sha256, reader)

        if self.store.read_only:
            return find()
        try:
            return self.standby.reading.ask(find, _PATIENCE_S)
        except StoreError:
            return None

    def keep(self, sha256: str, reader: str, text: str) -> None:
        """Keep what the reader read, if the database can be written to."""
        if self.store.read_only:
            return

        def keep() -> None:
            with self.store.impatient(_PATIENCE_S), self.store.write_now() as work:
                work.picture_texts.add(sha256, reader, text, self.clock())

        with suppress(StoreError):
            self.standby.writing.ask(keep, _PATIENCE_S)
