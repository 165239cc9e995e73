"""What could not be stored yet: lines in files beside the project, until the database is back.

Each process appends to a file of its own, its segment, and syncs it to disk before it says that a
line is kept, or soon after where somebody waits and a power cut may cost the line. Any process may
take all segments: it renames each (then its process begins another one), stores the lines, and
removes the file last. So a process that is killed at any moment loses no line; one that is killed
before the removal leaves lines that are already stored, and whoever stores them again must notice.
The same goes for the `Journal` of a process that has ended.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tinyarms.core.durable import checked as _checked
from tinyarms.core.durable import sync_folder as _sync_folder
from tinyarms.core.durable import with_checksum as _with_sum
from tinyarms.core.errors import StoreError
from tinyarms.core.ids import new_id
from tinyarms.core.leftovers import left_over
from tinyarms.store.journal import JOURNAL
from tinyarms.store.private_folder import make_private_folder

MAX_BYTES = 64_000_000
"""Most bytes of all segments, about 100,000 tasks of ordinary length. Higher: a longer outage loses
nothing, and needs more disk. Processes look at the size independently, so each may exceed it by
what it appends at once."""
_SEGMENT, _TAKEN, _UNREADABLE = ".lines", ".taken", ".unreadable"
_LOCK = "lock"


class SpoolUnusable(StoreError):
    """What waits cannot be taken from its folder, whatever the database does."""


@dataclass(frozen=True)
class SpoolLength:
    """What waits in a spool."""

    lines: int
    """Number of tasks and pieces of feedback."""
    bytes: int
    """Size of their files."""


@dataclass
class Spool:
    """The lines that wait in one folder. Threads and processes may share it.

    A line is text without a line break. The folder and its files are only for their owner.
    """

    folder: Path
    most_bytes: int = MAX_BYTES
    _segment: Path | None = None
    _file: int | None = None
    _is_unsynced: bool = False
    """Whether something was appended without a sync since the last one."""
    _owner: int = 0
    """The process that opened it; after a fork another one must not use it."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, lines: Sequence[str], synced: bool = True) -> None:
        """Keep the lines, all or none; they are on the disk when this returns.

        Without `synced` they are on the disk after `sync`: the end of the process loses nothing, a
        power cut before it does. Raises `StoreError` if they cannot be written, or if the spool is
        full.
        """
        content = b"".join(map(_with_sum, lines))
        with self._lock:
            try:
                self._append(content, synced)
            except OSError as error:
                raise StoreError(
                    f"{self.folder}: nothing can be kept there ({error.strerror}).",
                    "Make the project's folder writable, or some room on its disk.",
                ) from error

    def is_full_for(self, lines: Sequence[str]) -> bool:
        """Whether these lines would make it larger than it may be."""
        return self._is_full(b"".join(map(_with_sum, lines)))

    def _is_full(self, content: bytes) -> bool:
        return self._bytes() + len(content) > self.most_bytes

    def sync(self) -> None:
        """Bring to the disk what was appended without it. Nobody who appends waits for it."""
        with self._lock:
            if self._file is None or not self._is_unsynced or self._owner != os.getpid():
                return
            file, self._is_unsynced = os.dup(self._file), False
        try:
            os.fsync(file)
            _sync_folder(self.folder)
            _sync_folder(self.folder.parent)
        except OSError:
            self._is_unsynced = True
        finally:
            os.close(file)

    def _append(self, content: bytes, synced: bool) -> None:
        if self._is_full(content):
            raise StoreError(
                f"{self.folder}: is full ({self.most_bytes / 1e6:g} MB wait for the database).",
                "Bring the database back: tinyarms doctor says what is wrong with it.",
            )
        with self._own_segment(synced) as file:
            size = os.fstat(file).st_size
            try:
                if os.write(file, content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                if synced:
                    os.fsync(file)
                else:
                    self._is_unsynced = True
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, size)
                raise

    @contextmanager
    def _own_segment(self, synced: bool) -> Iterator[int]:
        """The open segment of this process, locked: nobody takes it meanwhile."""
        while True:
            file, path = self._opened(synced)
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                if _is_same(file, path):  # Its name is gone once it was taken.
                    yield file
                    return
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
            self._close_segment()

    def _opened(self, synced: bool) -> tuple[int, Path]:
        if self._owner != os.getpid():
            self._close_segment()
        if self._file is None or self._segment is None:
            make_private_folder(self.folder, synced)
            self._segment = self.folder / f"{os.getpid()}-{new_id()[:12]}{_SEGMENT}"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file, self._owner = os.open(self._segment, flags, 0o600), os.getpid()
            if synced:
                _sync_folder(self.folder)
        return self._file, self._segment

    def _close_segment(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = self._segment = None

    def close(self) -> None:
        """Close this process's segment. Its lines stay, on the disk."""
        self.sync()
        with self._lock:
            self._close_segment()

    @property
    def is_empty(self) -> bool:
        """Whether no line waits."""
        return self._bytes() == 0

    def _bytes(self) -> int:
        size = 0
        for path in self._waiting():
            with suppress(OSError):  # Another process may have stored it meanwhile.
                size += path.stat().st_size
        return size

    def length(self) -> SpoolLength:
        """What waits, in all processes."""
        lines = size = 0
        for path in self._waiting():
            with suppress(OSError):
                content = path.read_bytes()
                lines += content.count(b"\n")
                size += len(content)
        return SpoolLength(lines, size)

    @contextmanager
    def taking(self) -> Iterator[list[Path]]:
        """Take all segments, oldest first, for the block: one process at a time, and none if
        another one is at it.

        The block reads each with `lines_of`, stores them, then calls `done`. What it does not call
        `done` on is taken again the next time.
        """
        if not self.folder.exists():
            yield []
            return
        with _only_one(self.folder / _LOCK) as alone:
            if not alone:
                yield []
                return
            for path in self._files(_SEGMENT):
                _take(path)
            for path in self._files(JOURNAL):
                _take_left_over(path)
            yield sorted(self._files(_TAKEN), key=lambda path: path.stat().st_mtime_ns)

    def lines_of(self, taken: Path) -> list[str]:
        """The lines of a taken segment. One that was cut off by a power cut is not among them: it
        was never said to be kept."""
        lines = (_checked(line) for line in taken.read_bytes().split(b"\n"))
        return [line for line in lines if line is not None]

    def done(self, taken: Path) -> None:
        """Remove a taken segment: its lines are stored."""
        taken.unlink(missing_ok=True)

    def put_aside(self, lines: Sequence[str]) -> Path:
        """Keep lines that can never be stored in a file that nobody takes; returns it."""
        path = self.folder / f"{new_id()[:12]}{_UNREADABLE}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write("".join(f"{line}\n" for line in lines).encode())
            opened.flush()
            os.fsync(opened.fileno())
        return path

    def _waiting(self) -> list[Path]:
        """The files whose lines wait: all but the journals of living processes."""
        files = self._files(_SEGMENT, _TAKEN, JOURNAL)
        return [path for path in files if path.suffix != JOURNAL or _is_left_over(path)]

    def _files(self, *endings: str) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.name.endswith(endings)]
        except OSError:
            return []


def _take(segment: Path) -> None:
    """Rename a segment, so that nothing is appended any more."""
    with suppress(FileNotFoundError), segment.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # Its process may be appending; that takes a moment.
        _rename(segment, os.fstat(file.fileno()).st_size)


def _take_left_over(journal: Path) -> None:
    """Rename a journal, if its process has ended."""
    with left_over(journal) as is_left_over, suppress(FileNotFoundError):
        if is_left_over:
            _rename(journal, journal.stat().st_size)


def _is_left_over(journal: Path) -> bool:
    with left_over(journal) as is_left_over:
        return is_left_over


def _rename(file: Path, size: int) -> None:
    if size:
        file.rename(file.with_suffix(_TAKEN))
    else:
        file.unlink()


@contextmanager
def _only_one(path: Path) -> Iterator[bool]:
    """Whether this process is the only one in such a block."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def _is_same(file: int, path: Path) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    opened = os.fstat(file)
    return (now.st_dev, now.st_ino) == (opened.st_dev, opened.st_ino)
