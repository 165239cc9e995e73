"""Requests of several processes that one of them writes in one transaction.

Each request costs a transaction, and reading what others have written since. While many come, that
is nearly all that each of their processes does. So one of them leads: it writes its own request and
those that the others post as files, and puts the answers into these files. This is flat combining
(Hendler, Incze, Shavit and Tzafrir, SPAA 2010) across processes. A background thread goes on
leading for as long as requests come, because another process would first have to read all that was
written. One of those that wait is the next: its background thread keeps up, so that it can take
over at once.

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
from math import inf
from pathlib import Path
from typing import NamedTuple, Protocol

from tinyarms.core.errors import TinyArmsError
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
_LOOKS_IN_VAIN = 25
"""Looks without a new request after which a background thread stops leading. Higher: under a low
load it looks in vain for longer; lower: it stops, and another process that has to read everything
first leads, under a higher load."""
_KEEPS_UP_EACH_S = 0.2
"""Seconds between two times that the next one reads what was written. Higher: less to do, and the
first requests that it writes wait longer."""
_LONGEST_WAIT_S = 5.0
"""Seconds after which a request without an answer is written by its sender. Higher: it waits longer
for a process that leads and is stopped; lower: all write alone, each after the other, when a disk
stalls."""
_LONGEST_CLOSE_S = 2.0
"""Seconds that `close` waits for the thread to write what it has begun."""
_count = itertools.count()


class Turn(Protocol):
    """A lock that one process has at a time, and that ends with it."""

    @property
    def is_possible(self) -> bool:
        """Whether anybody can have it."""
        ...

    def take(self, patience_s: float | None) -> bool:
        """Wait for it, at most so many seconds; whether it came."""
        ...

    def give_back(self) -> None:
        """Give it back, if it came. Further calls do nothing."""
        ...


class Turns:
    """The turn to lead, and the turn to be the next: who has that one waits to lead and keeps up.

    So a process that has to read everything first leads only if nobody waits.
    """

    def __init__(self, lead: Turn, next: Turn) -> None:
        self.lead, self.next = lead, next
        self.has_next = False
        """Whether this process is the next."""

    def take_both(self) -> bool:
        """Be the next if nobody is, and lead if nobody leads; whether this process leads."""
        self.has_next = self.has_next or self.next.take(0)
        return (self.has_next or not self.next.is_possible) and self.lead.take(0)

    def give_back(self) -> None:
        """Give both back."""
        self.lead.give_back()
        self.next.give_back()


class _Wait(NamedTuple):
    """A request that is to be posted in the folder for so many seconds at most."""

    folder: Path
    request: str
    longest_s: float


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

    def keep_up(self) -> None:
        """Read what others have written, so that this process could lead at once."""
        ...


class Together:
    """Writes requests with those of others, in this process and in others."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def write(
        self, turns: Turns, folder: Path, request: str, writer: Writer, patience_s: float | None
    ) -> str:
        """Write a request, or let the one who leads write it. Returns its answer.

        `folder`: where requests are posted. Where nobody can lead or none can be posted, and after
        `patience_s` seconds (`None`: 5, which is also the most), the request is written alone.
        Raises what `writer` raises for it alone.
        """
        with ExitStack() as held:
            held.callback(turns.give_back)
            leads, answer = self._can_lead and turns.take_both(), None
            longest_s = _LONGEST_WAIT_S if patience_s is None else patience_s
            if not leads and turns.lead.is_possible and longest_s > 0:
                wait = _Wait(folder, request, min(longest_s, _LONGEST_WAIT_S))
                leads, answer = self._wait(wait, turns, writer, held)
            if answer:
                return answer
            if leads:
                with _waiting(folder) as others:
                    answer = _write_all(others, writer, request) if others else None
            answer = answer or _written_alone(request, writer)
            if leads and _names(folder) and self._go_on(turns, folder, writer, leads=True):
                held.pop_all()
        writer.finish()
        return answer

    def close(self) -> None:
        """Stop leading, once what was begun is written. Requests that wait are led by others."""
        self._closing.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LONGEST_CLOSE_S)

    def _wait(
        self, wait: _Wait, turns: Turns, writer: Writer, held: ExitStack
    ) -> tuple[bool, str | None]:
        """Post the request until it has an answer or nobody leads any more. Returns whether this
        process leads now, and the answer; neither after the longest wait, and if its own thread
        has ended before it."""
        is_next = False
        with _posted(wait.folder, wait.request) as own:
            give_up = time.monotonic() + wait.longest_s
            while own is not None and time.monotonic() < give_up:
                leads = not is_next and self._can_lead and turns.take_both()
                answer = own.answer()
                if leads or answer is not None or (is_next and self._can_lead):
                    return leads, answer
                if turns.has_next and not is_next:
                    is_next = self._go_on(turns, wait.folder, writer, leads=False)
                    if is_next:
                        held.pop_all()
                time.sleep(_LOOKS_EACH_S)
        return False, None

    @property
    def _can_lead(self) -> bool:
        """Whether this process neither leads nor is the next: that has to be another one, which is
        there when this one ends."""
        return self._thread is None or not self._thread.is_alive()

    def _go_on(self, turns: Turns, folder: Path, writer: Writer, leads: bool) -> bool:
        """Whether a thread has begun to lead, or to be the next one; it gives the turns back."""
        if self._closing.is_set() or not self._can_lead:
            return False
        thread = threading.Thread(
            target=self._lead_others,
            args=(turns, folder, writer, leads),
            name="tinyarms-lead",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:  # The interpreter ends, or there are too many threads.
            return False
        self._thread = thread
        return True

    def _lead_others(self, turns: Turns, folder: Path, writer: Writer, leads: bool) -> None:
        """Write the requests of others for as long as some come; before, wait to lead."""
        in_vain, kept_up = 0, -inf
        try:
            while in_vain < _LOOKS_IN_VAIN and not self._closing.is_set():
                leads = leads or turns.take_both()
                if leads:
                    turns.next.give_back()  # Another process can be the next one now.
                    found = _write_waiting(folder, writer)
                else:
                    found = bool(_names(folder))
                    if found and time.monotonic() - kept_up > _KEEPS_UP_EACH_S:
                        writer.keep_up()
                        kept_up = time.monotonic()
                in_vain = 0 if found else in_vain + 1
                self._closing.wait(_LOOKS_EACH_S)  # Meanwhile more come.
        except Exception as error:
            why = error if isinstance(error, TinyArmsError) else repr(error)
            logging.getLogger("tinyarms").warning("Writing for other processes ends: %s", why)
        finally:
            turns.give_back()


def _write_waiting(folder: Path, writer: Writer) -> bool:
    """Write the requests of others that wait; whether there were any."""
    with _waiting(folder) as others:
        if others:
            _write_all(others, writer)
    if others:
        writer.finish()
    return bool(others)


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
    content, posted = f"{request}\n".encode(), None
    with ExitStack() as stack:
        with suppress(OSError):
            file, path = _locked(folder)
            stack.callback(os.close, file)
            stack.callback(_remove, path)
            if os.write(file, content) == len(content):
                posted = _Posted(file, request)
        yield posted


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _locked(folder: Path) -> tuple[int, Path]:
    """A new file, which is locked before there is a request in it: an unlocked one is that of a
    killed process, and who looks for requests just then removes it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        number = f"{time.time_ns():016x}{os.getpid():08x}{next(_count) % 2**32:08x}"
        path = folder / f"{_BEGINS}{number}.tmp"
        file = os.open(path, flags, 0o600)
        if hold(file):
            return file, path
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
