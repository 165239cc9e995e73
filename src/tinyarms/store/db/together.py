"""Requests of several processes that one of them writes in one transaction.

Each request costs a transaction, and reading what others have written since. While many wait, that
is nearly all that each of them does. So whoever waits for its turn posts its request as a file, and
whoever has the turn writes all that are posted and puts the answers into their files. This is flat
combining (Hendler, Incze, Shavit and Tzafrir, SPAA 2010) across processes.

Nobody depends on another process: who comes to its turn without an answer writes its request
itself. So a process that is killed with the requests of others loses none, and each request has to
be safe to repeat, because it may have been written before its answer was.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tinyarms.core.leftovers import hold, left_over

Write = Callable[[Sequence[str]], Sequence[str | None]]
"""Writes requests in one transaction and returns an answer for each. `None`: not written, its
sender has to do it. The first request is the caller's own: it is answered, or an exception is
raised, and nothing is written. Neither requests nor answers contain line breaks."""

_AT_ONCE = 100
"""Posted requests that are written in one transaction. Higher: fewer transactions under a high
load, and the first of them waits longer."""
_MOST_BYTES = 100_000
"""Length in bytes above which a file is no request."""
_BEGINS = ".waiting."
"""The beginning of the names of files with requests; `project.files.sweep` knows them too."""
_count = itertools.count()


class Turn(Protocol):
    """The turn of whoever writes; in all processes, one has it at a time."""

    @property
    def is_possible(self) -> bool:
        """Whether anybody can have it."""
        ...

    def take(self, patience_s: float | None) -> bool:
        """Wait for it, at most so many seconds; whether it came."""
        ...

    def give_back(self) -> None:
        """Give it back, if it came."""
        ...


def write_together(
    turn: Turn, folder: Path, request: str, write: Write, patience_s: float | None
) -> str:
    """Write a request, and with it those that others post meanwhile. Returns its answer.

    `turn`: comes in the order of asking, and is given back. `folder`: where requests are posted.
    Where there are no turns or none can be posted, and after `patience_s` seconds (`None`: 20), the
    request is written alone. Raises what `write` raises for it alone.
    """
    try:
        has_turn = turn.take(0)
        if not has_turn and turn.is_possible:
            with _posted(folder, request) as own:
                has_turn = turn.take(patience_s)
                answer = None if own is None else own.answer()
            if answer is not None:
                return answer
        return _write_all(folder, request, write) if has_turn else _write_alone(request, write)
    finally:
        turn.give_back()


def _write_all(folder: Path, request: str, write: Write) -> str:
    with _waiting(folder) as others:
        if not others:
            return _write_alone(request, write)
        try:
            own, *answers = write([request, *(other.request for other in others)])
        except Exception as error:  # of any of them: each then has the error that is its own
            logging.getLogger("tinyarms").debug("%d together: %r", len(others) + 1, error)
            return _write_alone(request, write)
        for other, answer in zip(others, answers, strict=True):
            if answer is not None:
                other.give(answer)
        return _own(own)


def _write_alone(request: str, write: Write) -> str:
    return _own(write([request])[0])


def _own(answer: str | None) -> str:
    assert answer is not None, "the caller's own request is answered"
    return answer


class _Posted:
    """A file with a request in its first line, and its answer, once there is one, in the next."""

    def __init__(self, file: int, request: str) -> None:
        self._file = file
        self.request = request
        self._answer_at = len(request.encode()) + 1

    def answer(self) -> str | None:
        """The answer, if it is written and whole."""
        try:
            text = os.pread(self._file, _MOST_BYTES, self._answer_at)
        except OSError:
            return None
        return text[:-1].decode() if text.endswith(b"\n") else None

    def give(self, answer: str) -> None:
        """Write the answer. If it cannot be written, its sender does the request again."""
        with suppress(OSError):
            os.write(self._file, f"{answer}\n".encode())


@contextmanager
def _posted(folder: Path, request: str) -> Iterator[_Posted | None]:
    """Within the block the request is posted; `None` if it cannot be."""
    number = f"{time.time_ns():016x}{os.getpid():08x}{next(_count) % 2**32:08x}"
    path = folder / f"{_BEGINS}{number}.tmp"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        try:
            file = os.open(path, flags, 0o600)
        except FileNotFoundError:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, flags, 0o600)
    except OSError:
        yield None
        return
    try:
        # Locked before there is a request in it: an unlocked one is that of a killed process.
        content = f"{request}\n".encode()
        is_posted = False
        with suppress(OSError):
            is_posted = hold(file) and os.write(file, content) == len(content)
        yield _Posted(file, request) if is_posted else None
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(file)


@contextmanager
def _waiting(folder: Path) -> Iterator[list[_Posted]]:
    """The requests without an answer, oldest first."""
    with ExitStack() as stack:
        opened = (_opened(folder / name, stack) for name in _names(folder))
        posted = (each for each in opened if each is not None)
        yield list(itertools.islice(posted, _AT_ONCE))


def _opened(path: Path, stack: ExitStack) -> _Posted | None:
    """The file's request; `None` if it has none, or has an answer, or nobody waits for one."""
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with left_over(path) as is_left_over, suppress(OSError):
        if is_left_over:
            path.unlink()  # If its process has only just made it, it sees that and posts nothing.
            return None
        file = os.open(path, flags)
        stack.callback(os.close, file)
        with suppress(UnicodeDecodeError):
            text = os.read(file, _MOST_BYTES).decode()
            if text.endswith("\n") and text.count("\n") == 1:
                return _Posted(file, text[:-1])
    return None


def _names(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - each writer calls this
    except OSError:
        return []
    return sorted(name for name in names if name.startswith(_BEGINS))
