"""The spools of a project: beside it or, where its folder cannot be written, in the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import content_hash
from tinyarms.core.user_folders import user_folder
from tinyarms.store.journal import Journal
from tinyarms.store.spool import MAX_BYTES, Spool, SpoolLength

FOLDER = ".tinyarms"
"""The folder in a project for what tinyArms keeps for itself."""
WAITING = f"{FOLDER}/waiting"
"""The folder of votes that wait for another process to write."""


class Spools:
    """What could not be stored in a project's database yet. Threads and processes may share it."""

    def __init__(self, root: Path, most_bytes: int = MAX_BYTES) -> None:
        own = content_hash(str(root.resolve()))[:16]
        beside = root / FOLDER / "spool"
        elsewhere = user_folder("state", "tinyarms") / own / "spool"
        self._spools = (Spool(beside, most_bytes), Spool(elsewhere, most_bytes))
        self._unsynced = (Spool(beside, most_bytes), Spool(elsewhere, most_bytes))
        """The same folders, for lines that nobody syncs: who appends one waits for no sync of
        another line either."""
        self.journal = Journal(beside)
        """What this process has yet to store."""

    def append(self, lines: Sequence[str], synced: bool = True) -> None:
        """Keep the lines, all or none; they are on the disk when this returns.

        Without `synced` they are on the disk after `sync`: the end of the process loses nothing, a
        power cut before it does. Raises `StoreError` if they cannot be written, or if the spool is
        full.
        """
        beside, elsewhere = self._spools if synced else self._unsynced
        try:
            beside.append(lines, synced)
        except StoreError as error:
            if beside.is_full_for(lines):
                raise
            try:
                elsewhere.append(lines, synced)
            except StoreError:
                raise error from None

    def sync(self) -> None:
        """Bring to the disk what was appended without it. Nobody who appends waits for it."""
        for spool in self._unsynced:
            spool.sync()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return all(spool.is_empty for spool in self._spools)

    def length(self) -> SpoolLength:
        """What waits."""
        lengths = [spool.length() for spool in self._spools]
        return SpoolLength(sum(each.lines for each in lengths), sum(each.bytes for each in lengths))

    @contextmanager
    def taking(self) -> Iterator[list[tuple[Spool, Path]]]:
        """Take all that waits, for the block, as `Spool.taking` does."""
        beside, elsewhere = self._spools
        with beside.taking() as near, elsewhere.taking() as far:
            yield [*((beside, path) for path in near), *((elsewhere, path) for path in far)]

    def close(self) -> None:
        """Close the files of this process. What waits stays."""
        for spool in (*self._spools, *self._unsynced):
            spool.close()
