"""Feedback and votes that wait for the service: lines of a file, each sent once.

An event is on the disk before it is sent, and a line says when it was answered, so a process that
is killed at any moment loses none. One that is killed between an answer and that line sends the
event again, with the same key, and the service counts it once.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tinyarms.core.durable import checked, sync_folder, with_checksum
from tinyarms.core.errors import StoreError

MAX_BYTES = 8_000_000
"""Most bytes of the file, about 40,000 events. Higher: a longer outage loses nothing, and needs
more disk."""
_FILE, _ASIDE, _LOCK, _SENDING = "queue.jsonl", "refused.jsonl", "lock", "sending"


class QueuedEvent(NamedTuple):
    """Something that a user said."""

    key: str
    """The same whenever it is sent."""
    path: str
    """The route that it is sent to."""
    body: dict[str, Any]
    skill: str | None = None
    """The skill that it is about; `None`: not known."""


class EventQueue:
    """The events of one folder that wait. Threads and processes may share it.

    The folder and its files are only for their owner.
    """

    def __init__(self, folder: Path, most_bytes: int = MAX_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._file = folder / _FILE

    def put(self, event: QueuedEvent) -> None:
        """Keep an event; it is on the disk when this returns.

        Raises `StoreError` if the queue is full or cannot be written.
        """
        self._append([list(event)], limited=True)

    def done(self, key: str) -> None:
        """Note that an event was answered. Once none waits, the file is removed."""
        with self._locked():
            waiting = {event.key for event in self._read()} - {key}
            if not waiting:
                self._file.unlink(missing_ok=True)
                return
            self._write([{"done": key}])

    def set_aside(self, event: QueuedEvent, why: str) -> None:
        """Take out an event that the service will never accept, and keep it in another file."""
        with self._locked():
            self._write([[*event, why]], self._folder / _ASIDE)
        self.done(event.key)

    def waiting(self) -> list[QueuedEvent]:
        """The events that wait, oldest first. Raises `StoreError` if they cannot be read."""
        if not self._file.exists():
            return []
        with self._locked():
            return self._read()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this is the only thread of all processes in such a block."""
        with self._opened(_SENDING) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def _append(self, rows: Sequence[object], *, limited: bool) -> None:
        with self._locked():
            if limited and self._size() > self._most_bytes:
                self._compact()
                if self._size() > self._most_bytes:
                    raise StoreError(
                        f"{self._file}: is full ({self._most_bytes / 1e6:g} MB wait).",
                        "Bring the service back, or correct its address or token.",
                    )
            self._write(rows)

    def _write(self, rows: Sequence[object], path: Path | None = None) -> None:
        content = b"".join(map(_line, rows))
        target = path or self._file
        try:
            file = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(file).st_size
                # A line that a power cut has cut off must not spoil the next one.
                torn = bool(size) and os.pread(file, 1, size - 1) != b"\n"
                content = b"\n" + content if torn else content
                if os.write(file, content) != len(content):
                    os.ftruncate(file, size)
                    raise OSError(28, os.strerror(28))
                os.fsync(file)
            finally:
                os.close(file)
            if not size:
                sync_folder(self._folder)
        except OSError as error:
            raise _unwritable(target, error) from error

    def _read(self) -> list[QueuedEvent]:
        """The events without a line that they are done. A broken line is passed over."""
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unwritable(self._file, error) from error
        waiting: dict[str, QueuedEvent] = {}
        for line in content.split(b"\n"):
            match _row(line):
                case [str(key), str(path), dict(body), *more]:
                    skill = more[0] if more and isinstance(more[0], str) else None
                    waiting[key] = QueuedEvent(key, path, body, skill)
                case {"done": str(key)}:
                    waiting.pop(key, None)
        return list(waiting.values())

    def _compact(self) -> None:
        """Write the file again, with the events only that wait."""
        temporary = self._file.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        self._write([list(event) for event in self._read()], temporary)
        temporary.replace(self._file)
        sync_folder(self._folder)

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._opened(_LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        try:
            yield file
        finally:
            os.close(file)


def _line(row: object) -> bytes:
    return with_checksum(json.dumps(row))


def _row(line: bytes) -> object:
    """The content of a line; `None` if it is broken."""
    content = checked(line)
    with suppress(ValueError):
        return None if content is None else json.loads(content)
    return None


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: cannot be used ({error.strerror}).", "Give the client a folder of its own."
    )
