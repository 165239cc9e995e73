"""Answers of remote doors, kept by the caller's key, so that a request sent again counts once.

A file a key, in the project's private folder: they are known after a restart, and while the
database is away. A process holds the lock of its file while it works on the request, so another
one can tell a request that is still carried out from one whose process was killed.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self

from tinyarms.core.clock import Clock
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.spools import FOLDER
from tinyarms.store.private_folder import make_private_folder
from tinyarms.store.project.files import writing

KEPT_S = 24 * 3600
"""Seconds for which an answer is kept. Higher: later repetitions count once, and more files."""
_SWEEP_EVERY = 1000
"""Requests after which old answers are deleted."""


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered before."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those that belong to the answer."""


@dataclass
class Attempt:
    """A request with a key. Use it with `with`: it is locked within the block."""

    state: Literal["new", "answered", "other", "busy", "interrupted"]
    """`other`: the key was used for another request. `busy`: it is being carried out.
    `interrupted`: a killed process may have carried it out."""
    answer: KeptAnswer | None = None
    """The answer, if it is known."""
    _file: int | None = None
    _request: str = ""

    def keep(self, answer: KeptAnswer) -> None:
        """Keep the answer; it is on the disk when this returns. Raises `StoreError`."""
        if self._file is None:
            return
        row: dict[str, object] = {"request": self._request, **asdict(answer)}
        with writing(Path("the answer to a request")):
            _write(self._file, row)
            os.fsync(self._file)

    def drop(self) -> None:
        """Forget the attempt: nothing was done, so it may be made again."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


@dataclass
class KeptAnswers:
    """The answers of one project. Threads and processes may share them."""

    root: Path
    clock: Clock
    _count: Iterator[int] = field(default_factory=itertools.count)

    def attempt(self, caller: str, key: str, request: str) -> Attempt:
        """Begin a request. `request`: what it asks for. Raises `StoreError`."""
        folder = self.root / FOLDER / "answers"
        path = folder / f"{derived_id(caller, key)}.json"
        with writing(path):
            make_private_folder(folder)
            if next(self._count) % _SWEEP_EVERY == 0:
                _sweep(folder, self.clock().timestamp() - KEPT_S)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with writing(path):
                return self._locked(file, request)
        except BaseException:
            os.close(file)
            raise

    def _locked(self, file: int, request: str) -> Attempt:
        digest = derived_id(request)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return Attempt("busy")
        content = os.pread(file, os.fstat(file).st_size, 0)
        if not content:
            _write(file, {"request": digest})
            return Attempt("new", None, file, digest)
        row = _read(content)
        if row.get("request", digest) != digest:
            return Attempt("other", None, file)
        if "body" in row:
            headers = row.get("headers")
            answer = KeptAnswer(
                int(str(row["status"])),
                str(row["body"]),
                headers if isinstance(headers, dict) else {},
            )
            return Attempt("answered", answer, file)
        return Attempt("interrupted", None, file, digest)


def _write(file: int, row: dict[str, object]) -> None:
    content = json.dumps(row).encode()
    if os.pwrite(file, content, 0) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read(content: bytes) -> dict[str, object]:
    """Empty if a killed process wrote only a part."""
    try:
        row = json.loads(content)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _sweep(folder: Path, before: float) -> None:
    for entry in os.scandir(folder):
        with suppress(OSError):
            if entry.stat().st_mtime < before:
                Path(entry.path).unlink()
