"""Read the files that are imported: only below their folder, of a bounded size, as text."""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from zipfile import BadZipFile, ZipFile

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten

MAX_TEXT_BYTES = 16_000_000
"""Most bytes of a file that is read as a whole. Higher: more memory. Rows are streamed instead."""
MAX_LINE_CHARACTERS = 1_000_000
"""Most characters of a line of rows. Higher: longer inputs, if a model accepts them."""
MAX_FILES = 10_000
"""Most files of a folder that are looked at."""
MAX_UNPACKED_BYTES = 200_000_000
"""Most bytes of an archive or workbook when it is unpacked. Higher: more memory and time."""
MAX_RATIO = 100
"""Most bytes that one byte of an archive or workbook may unpack to, so that none is a bomb."""
_CHUNK = 1 << 20
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SMALL_ARCHIVE = 1_000_000
"""Bytes below which an archive's ratio does not matter."""


@dataclass(frozen=True)
class Source:
    """A file or folder that is imported. Nothing outside of its folder is read."""

    path: Path
    """As the person named it."""

    @cached_property
    def root(self) -> Path:
        """The folder below which everything stays, without links."""
        folder = self.path if self.path.is_dir() else self.path.parent
        return folder.resolve()

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The file itself, or the files of the folder and of those below it, sorted.

        Hidden files, and links that lead out of the folder, are left out. Raises `ImportRefused` if
        there are too many.
        """
        if not self.path.is_dir():
            return (self.path.resolve(),)
        return tuple(sorted(self._walk()))

    def _walk(self) -> Iterator[Path]:
        n = 0
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(
                f for f in folders if not f.startswith(".") and f not in _SKIPPED_FOLDERS
            )
            for name in names:
                path = Path(folder) / name
                if name.startswith(".") or not self._is_file_inside(path):
                    continue
                n += 1
                if n > MAX_FILES:
                    raise ImportRefused(
                        f"{self.path}: has more than {MAX_FILES:,} files.", "Name one of them."
                    )
                yield path

    def _is_file_inside(self, path: Path) -> bool:
        resolved = path.resolve()
        return resolved.is_file() and resolved.is_relative_to(self.root)

    def place(self, path: Path, line: int | None = None, unit: str = "line") -> str:
        """`file, line N`; the file relative to the folder."""
        name = os.path.relpath(path, self.root)
        return name if line is None else f"{name}, {unit} {line}"

    def find(self, reference: str, folder: Path, where: str) -> Path:
        """The file that a text in another file refers to, relative to `folder`.

        Raises `ImportRefused`, which begins with `where`, if it leads out of the imported folder,
        or is not there.
        """
        path = self.below(reference, folder, where)
        if not path.is_file():
            raise ImportRefused(
                f"{where}: there is no file {shorten(reference, 120)}.", "Add it, or correct it."
            )
        return path

    def below(self, reference: str, folder: Path, where: str) -> Path:
        """The place that a reference names, which need not exist. Raises `ImportRefused`."""
        try:
            path = (folder / reference).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise ImportRefused(f"{where}: {shorten(reference, 120)!r} is no path.") from error
        if not path.is_relative_to(self.root):
            raise ImportRefused(
                f"{where}: {shorten(reference, 120)} leads out of the folder that is imported.",
                "Copy the file into the folder, and correct the path.",
            )
        return path

    def matching(self, pattern: str, folder: Path, where: str) -> list[Path]:
        """The files that a pattern with `*`, `?`, `[…]` or `**` names, sorted.

        Raises `ImportRefused` if the pattern leads out of the imported folder.
        """
        plain = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        self.below(plain.rpartition("/")[0] or ".", folder, where)
        relative = os.path.relpath(os.path.normpath(folder / pattern), self.root)
        if relative.startswith(".."):
            raise ImportRefused(f"{where}: {pattern} leads out of the folder that is imported.")
        return sorted(p for p in self.root.glob(relative) if self._is_file_inside(p))

    def bytes(self, path: Path, most: int = MAX_TEXT_BYTES) -> bytes:
        """The content of a file. Raises `ImportRefused` if it cannot be read or is larger."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ImportRefused(f"{self.place(path)}: is not a regular file.")
                content = file.read(most + 1)
        except OSError as error:
            raise ImportRefused(
                f"{self.place(path)}: cannot be read ({error.strerror or error})."
            ) from error
        if len(content) > most:
            raise ImportRefused(
                f"{self.place(path)}: has more than {most:,} bytes.",
                "Write its rows as JSON lines, which are read one by one.",
            )
        return content

    def text(self, path: Path) -> str:
        """The text of a small file, with `\\n` as its line ends.

        A byte order mark goes; a file that is no UTF-8 is read as Latin-1 (Windows-1252).
        """
        content = self.bytes(path)
        text = content.decode(_encoding(content), "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def encoding(self, path: Path) -> str:
        """The encoding of a file of any size: of its byte order mark, else UTF-8, else Latin-1."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            with path.open("rb") as file:
                head = file.read(4)
                marked = _marked(head)
                if marked is not None:
                    return marked
                decoder.decode(head)
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
        except OSError as error:
            raise ImportRefused(
                f"{self.place(path)}: cannot be read ({error.strerror or error})."
            ) from error
        return "utf-8"

    def lines(self, path: Path) -> Iterator[tuple[int, str]]:
        """The number, from 1, and the text of each line of a file of any size, without its end.

        Raises `ImportRefused` at a line that is too long.
        """
        encoding = self.encoding(path)
        with path.open(encoding=encoding, errors="replace", newline=None) as file:
            number = 0
            while line := file.readline(MAX_LINE_CHARACTERS + 1):
                number += 1
                if len(line) > MAX_LINE_CHARACTERS:
                    raise ImportRefused(
                        f"{self.place(path, number)}: has more than "
                        f"{MAX_LINE_CHARACTERS:,} characters.",
                        "Shorten it, or take it out.",
                    )
                yield number, line.rstrip("\n")

    def archive(self, path: Path) -> ZipFile:
        """An archive or workbook, whose parts may be unpacked. Raises `ImportRefused`.

        The sizes that it declares bound what can be read of it.
        """
        try:
            archive = ZipFile(path)
        except (BadZipFile, OSError, ValueError) as error:
            raise ImportRefused(f"{self.place(path)}: is no archive ({error}).") from error
        packed = max(1, path.stat().st_size)
        unpacked = sum(part.file_size for part in archive.infolist())
        too_tight = unpacked > MAX_RATIO * packed and unpacked > _SMALL_ARCHIVE
        if unpacked > MAX_UNPACKED_BYTES or too_tight:
            archive.close()
            raise ImportRefused(
                f"{self.place(path)}: unpacks to {unpacked:,} bytes.",
                f"At most {MAX_UNPACKED_BYTES:,} bytes are unpacked, and at most {MAX_RATIO} for "
                "each byte of the file.",
            )
        return archive


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)


def _encoding(content: bytes) -> str:
    marked = _marked(content)
    if marked is not None:
        return marked
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def json_value(text: str, where: str) -> Any:
    """A JSON value of a text. Raises `ImportRefused`, which begins with `where`.

    Refused are a key twice in one object, NaN and infinities, and brackets nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError as error:
        raise ImportRefused(f"{where}: its brackets are nested too deeply.") from error
    except json.JSONDecodeError as error:
        place = where if error.lineno == 1 else f"{where}, line {error.lineno}"
        raise ImportRefused(f"{place}: no JSON ({error.msg}, column {error.colno}).") from error
    except ValueError as error:
        raise ImportRefused(f"{where}: no JSON ({error}).") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shorten(repeated, 40)!r} occurs twice in one object")
    return row


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
