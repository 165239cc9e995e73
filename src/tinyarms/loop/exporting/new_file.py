"""Write a file of any size whole or not at all, so that only its owner can read it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tinyarms.core.ids import new_id
from tinyarms.store.durable import replace_durably
from tinyarms.store.project.files import writing

_FOR_THE_OWNER = 0o600


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` at the end of the block, unless an error ends it.

    A missing folder is made. Raises `StoreError`, also for an `OSError` of the block.
    """
    with writing(path):
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{new_id()[:8]}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.fdopen(os.open(temporary, flags, _FOR_THE_OWNER), "wb")
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            replace_durably(temporary, target)
        finally:
            with suppress(OSError):  # where a write failed, closing tries it again
                file.close()
            temporary.unlink(missing_ok=True)


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Write a text that comes in parts. Raises `StoreError`."""
    with new_file(path) as file:
        for part in parts:
            file.write(part.encode())
