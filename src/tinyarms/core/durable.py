"""What survives a kill at any moment, and a power cut: names in folders, and lines of a file."""

from __future__ import annotations

import os
import zlib
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the new and removed names in a folder survive a power cut. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def with_checksum(line: str) -> bytes:
    """A line of a file, with a checksum in front by which a part of it is recognised.

    Examples
    --------
    >>> from tinyarms.core.durable import checked, with_checksum
    >>> line = with_checksum("a vote")
    >>> line
    b'c8ff0820 a vote\\n'
    >>> checked(line.rstrip()), checked(line[:-3])
    ('a vote', None)
    """
    content = line.encode()
    return b"%08x %s\n" % (zlib.crc32(content), content)


def checked(line: bytes) -> str | None:
    """The line without its checksum and its end; `None` if only a part of it was written."""
    checksum, _, content = line.partition(b" ")
    if not content or checksum != b"%08x" % zlib.crc32(content):
        return None
    return content.decode()
