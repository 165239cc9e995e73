"""Open a text file in the encoding that its bytes show."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO, TextIO

from tinyarms.core.errors import ImportRefused

MOST_LINE_CHARACTERS = 1_000_000
"""Most characters of a line. Higher: longer inputs, if a model accepts them."""
_CHUNK = 1 << 20
"""Bytes that are read at once while the encoding is found out."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order mark → encoding. UTF-32 comes first: its mark begins with that of UTF-16."""
_MANY_ZEROS = 0.2
"""Share of zero bytes at even or odd places from which a text is UTF-16 without a mark."""


@contextmanager
def open_binary(path: Path, where: str = "") -> Iterator[BinaryIO]:
    """A regular file, to read; a pipe may never end. Raises `ImportRefused`.

    `where`: the file's name in messages; empty: its path.
    """
    place = where or str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is not a regular file")
            yield file
    except FileNotFoundError as error:
        raise ImportRefused(f"{place}: there is no such file.", "Correct its name.") from error
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise ImportRefused(f"{place}: cannot be read ({reason}).") from error


@contextmanager
def open_text(path: Path, encoding: str, where: str = "") -> Iterator[TextIO]:
    """The file as text, with its line ends as they are. Raises `ImportRefused`."""
    with open_binary(path, where) as file:
        try:
            yield io.TextIOWrapper(file, encoding, newline="")
        except UnicodeError as error:
            raise ImportRefused(
                f"{where or path}: its bytes are not {encoding} ({error}).",
                "Save it as UTF-8, or name its encoding with --encoding.",
            ) from error


def lines_of(file: TextIO, where: str) -> Iterator[str]:
    """The lines of a file with their ends. Raises `ImportRefused` for one that is too long."""
    for number in count(1):
        line = file.readline(MOST_LINE_CHARACTERS + 1)
        if not line:
            return
        if len(line) > MOST_LINE_CHARACTERS:
            raise ImportRefused(
                f"{where}, line {number}: has more than {MOST_LINE_CHARACTERS:,} characters.",
                "Shorten its texts, or end its rows with line breaks.",
            )
        yield line


def checked_encoding(name: str) -> str:
    """The encoding that somebody named. Raises `ImportRefused`."""
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ImportRefused(
            f"{name!r} is no encoding.", "Write utf-8, utf-16, latin-1 or cp1252."
        ) from error


def encoding_of(path: Path, where: str = "") -> str:
    """The encoding of a text file: by its byte order mark, as UTF-8, or else by its bytes.

    Without a mark, a file that is not UTF-8 is Windows-1252, or Latin-1 if it has one of the five
    bytes that Windows-1252 does not define. Raises `ImportRefused`.
    """
    with open_binary(path, where) as file:
        return encoding_in(file)


def encoding_in(file: BinaryIO) -> str:
    """The encoding of an open file, by the rules of `encoding_of`. It is read from its place on."""
    start = chunk = file.read(_CHUNK)
    shown = encoding_of_start(start)
    if shown is not None:
        return shown
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = file.read(_CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        file.seek(0)
        return _one_byte_encoding(file)
    return "utf-8"


def encoding_of_start(start: bytes) -> str | None:
    """The encoding that the first bytes of a file show; `None`: they show none."""
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)
    return marked or _utf16_without_mark(start[:4096])


def _utf16_without_mark(start: bytes) -> str | None:
    half = max(1, len(start) // 2)
    if start[1::2].count(0) / half > _MANY_ZEROS > start[::2].count(0) / half:
        return "utf-16-le"
    if start[::2].count(0) / half > _MANY_ZEROS > start[1::2].count(0) / half:
        return "utf-16-be"
    return None


def _one_byte_encoding(file: BinaryIO) -> str:
    undefined = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
    while chunk := file.read(_CHUNK):
        if chunk.translate(None, undefined) != chunk:
            return "latin-1"
    return "cp1252"
