"""Requests of several processes that one of them writes in one transaction.

Each request costs a transaction, and reading what others have written since. While many come, that
is nearly all that each of their processes does. So one of them leads: it writes its own request and
those that the others post as files, and puts the answers into these files. This is flat combining
(Hendler, Incze, Shavit and Tzafrir, SPAA 2010) across processes. A background thread goes on
leading for as long as requests come: it has read what was written, which another process would have
to read first.

Nobody depends on another process. Who leads has a lock that ends with its process, and the next
takes it; and who gets no answer writes its request itself. So a process that is killed with the
requests of others loses none, and each request has to be safe to repeat, because it may have been
written before its answer was.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tinyarms.core.leftovers import hold, left_over

_AT_ONCE = 100
"""Posted requests that are written in one transaction. Higher: fewer transactions under a high
load, and the first of them waits longer."""
_MOST_BYTES = 100_000
"""Length in bytes above which a file is no request."""
_BEGINS = ".waiting."
"""The beginning of the names of files with requests; `project.files.sweep` knows them too."""
_LOOKS_EACH_S = 0.004
"""Seconds between two looks for an answer, and for new requests. Higher: a request waits longer,
and those who wait use less of the processor."""
_GOES_ON_S = 0.1
"""Seconds without a request after which a background thread stops leading. Higher: under a low load
it looks for requests in vain for longer; lower: it stops, and another process that has to read
everything first leads, under a higher load."""
_LONGEST_WAIT_S = 1.0
"""Seconds after which a request without an answer is written by its sender. Higher: it waits longer
for a process that leads and is stopped; lower: many write alone when a disk stalls."""
_LONGEST_CLOSE_S = 2.0
"""Seconds that `close` waits for the thread to write what it has begun."""
_count = itertools.count()


class Turn(Protocol):
    """The lock of whoever leads; in all processes, one has it at a time."""

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


class Writer(Protocol):
    """How requests are written. Neither requests nor answers contain line breaks."""

    def write(self, requests: Sequence[str]) -> Sequence[str | None]:
        """Write them; returns an answer for each.

        `None`: not written, its sender has to do it. A request that comes alone is answered, or an
        exception is raised, and nothing is written.
        """
        ...

    def finish(self) -> None:
        """Do what follows from what was written, once the answers are given."""
        ...


class Together:
    """Writes requests with those of others, in this process and in others."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def write(
        self, lead: Turn, folder: Path, request: str, writer: Writer, patience_s: float | None
    ) -> str:
        """Write a request, or let the one who leads write it. Returns its answer.

        `folder`: where requests are posted. Where nobody can lead or none can be posted, and after
        `patience_s` seconds (`None`: 1, which is also the most), the request is written alone.
        Raises what `writer` raises for it alone.
        """
        with ExitStack() as leading:
            leading.callback(lead.give_back)
            leads, answer = lead.take(0), None
            if not leads and lead.is_possible:
                longest_s = _LONGEST_WAIT_S if patience_s is None else patience_s
                leads, answer = _wait(lead, folder, request, min(longest_s, _LONGEST_WAIT_S))
            if answer:
                return answer
            if leads:
                with _waiting(folder) as others:
                    answer = _write_all(others, writer, request) if others else None
            answer = answer or _written_alone(request, writer)
            if leads and _names(folder) and self._go_on_leading(lead, folder, writer):
                leading.pop_all()
        writer.finish()
        return answer

    def close(self) -> None:
        """Stop leading, once what was begun is written. Requests that wait are led by others."""
        self._closing.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LONGEST_CLOSE_S)

    def _go_on_leading(self, lead: Turn, folder: Path, writer: Writer) -> bool:
        """Whether a thread has begun to lead; it gives `lead` back."""
        if self._closing.is_set():
            return False
        thread = threading.Thread(
            target=self._lead_others, args=(lead, folder, writer), name="tinyarms-lead", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # The interpreter ends, or there are too many threads.
            return False
        self._thread = thread
        return True

    def _lead_others(self, lead: Turn, folder: Path, writer: Writer) -> None:
        last = time.monotonic()
        try:
            while time.monotonic() - last < _GOES_ON_S and not self._closing.is_set():
                with _waiting(folder) as others:
                    if others:
                        _write_all(others, writer)
                if others:
                    writer.finish()
                    last = time.monotonic()
                else:
                    self._closing.wait(_LOOKS_EACH_S)
        except Exception:
            logging.getLogger("tinyarms").exception("What follows from votes could not be done.")
        finally:
            lead.give_back()


def _wait(lead: Turn, folder: Path, request: str, longest_s: float) -> tuple[bool, str | None]:
    """Post the request until it has an answer or nobody leads any more. Returns whether this
    process leads now, and the answer."""
    if longest_s <= 0:
        return False, None
    with _posted(folder, request) as own:
        give_up = time.monotonic() + longest_s
        while own is not None and time.monotonic() < give_up:
            time.sleep(_LOOKS_EACH_S)
            leads, answer = lead.take(0), own.answer()
            if leads or answer is not None:
                return leads, answer
    return False, None


def _write_all(others: Sequence[_Posted], writer: Writer, own: str | None = None) -> str | None:
    """Write the requests of others and one's own, if there is one; returns the answer to it."""
    requests = [*([] if own is None else [own]), *(other.request for other in others)]
    answers: Sequence[str | None]
    try:
        answers = writer.write(requests)
    except Exception as error:  # of any of them: each then has the error that is its own
        logging.getLogger("tinyarms").debug("%d together: %r", len(requests), error)
        answers = [None] * len(requests)
    for other, answer in zip(others, answers[-len(others) :], strict=True):
        other.give(answer or "")
    return None if own is None else answers[0]


def write_alone(request: str, writer: Writer) -> str:
    """Write one request; returns its answer."""
    answer = _written_alone(request, writer)
    writer.finish()
    return answer


def _written_alone(request: str, writer: Writer) -> str:
    [answer] = writer.write([request])
    assert answer is not None, "a request that comes alone is answered"
    return answer


class _Posted:
    """A file with a request in its first line, and its answer, once there is one, in the next."""

    def __init__(self, file: int, request: str) -> None:
        self._file = file
        self.request = request
        self._answer_at = len(request.encode()) + 1

    def answer(self) -> str | None:
        """The answer, if it is written and whole; "" if the sender has to write the request."""
        try:
            text = os.pread(self._file, _MOST_BYTES, self._answer_at)
        except OSError:
            return None
        return text[:-1].decode() if text.endswith(b"\n") else None

    def give(self, answer: str) -> None:
        """Write the answer, or "". If it cannot be written, its sender writes the request."""
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
