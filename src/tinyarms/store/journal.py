"""Lines of what a process has yet to store, in a file beside the project.

Who answers for a row need not wait until it is stored: once its line is in the journal, the end of
the process does not lose it. The process empties the file as soon as all of it is stored. It holds
a lock on the file, which ends with it; then `Spool` takes the lines like others that wait.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tinyarms.core.durable import with_checksum
from tinyarms.core.ids import new_id
from tinyarms.store.private_folder import make_private_folder

JOURNAL = ".journal"
"""The ending of the names of journals."""
_MOST_BYTES = 1_000_000
"""Size above which nothing is appended until the file is emptied. Higher: under a load that never
lets it be emptied, it takes longer until tasks wait for the database again."""


@dataclass(eq=False)
class Journal:
    """The journal of one process, in a folder of a `Spool`. Threads may share it."""

    folder: Path
    _path: Path | None = None
    _file: int | None = None
    _used: int = 0
    """Bytes of the lines in it. What was used before is overwritten with zeros and never cut off:
    a file whose size and blocks change waits for the disk now and then."""
    _owner: int = 0
    """The process that opened it; after a fork another one must not use it."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: ClassVar[set[Journal]] = set()
    """Those of this process that have a file."""

    def append(self, lines: Sequence[str]) -> bool:
        """Keep lines, all or none. The end of the process does not lose them; a power cut may.

        `False` if the file is full, or cannot be written or locked: then none is kept.
        """
        with self._lock:
            try:
                file = self._opened()
                content = b"".join(map(with_checksum, lines))
                if self._used + len(content) > _MOST_BYTES:
                    return False
                if os.pwrite(file, content, self._used) == len(content):
                    self._used += len(content)
                    return True
            except OSError:
                pass
        return False

    def empty(self) -> None:
        """Forget all lines: they are stored."""
        with self._lock:
            if self._file is not None and self._owner == os.getpid():
                self._empty(self._file)

    def _empty(self, file: int) -> None:
        with suppress(OSError):
            os.pwrite(file, bytes(self._used), 0)
            self._used = 0

    def close(self) -> None:
        """Close the file, and remove it if no line is in it. Others take the lines that are."""
        with self._lock, suppress(OSError):
            if self._path and self._owner == os.getpid() and not self._used:
                self._path.unlink()
            self._close()

    def _opened(self) -> int:
        file = self._file
        if file is not None and (self._owner != os.getpid() or not os.fstat(file).st_nlink):
            self._close()  # It is another process's, or somebody has removed it.
        while self._file is None:
            make_private_folder(self.folder, synced=False)
            path = self.folder / f"{os.getpid()}-{new_id()[:12]}{JOURNAL}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            file = os.open(path, flags, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:  # Nobody could tell that this process has ended.
                os.close(file)
                path.unlink(missing_ok=True)
                raise
            self._path, self._file, self._owner = path, file, os.getpid()
            Journal._open.add(self)
            if not os.fstat(file).st_nlink:  # Another process removed it before it was locked.
                self._close()
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
        self._path, self._file, self._used = None, None, 0
        Journal._open.discard(self)

    @classmethod
    def let_go_after_fork(cls) -> None:
        """Close those of the process that forked this one: their locks are to end with it."""
        for journal in list(cls._open):
            journal._close()
            journal._lock = threading.Lock()


os.register_at_fork(after_in_child=Journal.let_go_after_fork)
