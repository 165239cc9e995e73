"""Read the files that are imported: only below their folder, of a bounded size, as text."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ImportRefused
from tinyarms.core.json_words import no_constant
from tinyarms.core.text import shorten
from tinyarms.exchange.tables.json_text import check_depth, why_no_json
from tinyarms.exchange.tables.text_file import (
    encoding_in,
    encoding_of,
    encoding_of_start,
    lines_of,
    open_binary,
    open_text,
)
from tinyarms.skills.example import without_repeats

MAX_TEXT_BYTES = 16_000_000
"""Most bytes of a file that is read as a whole. Higher: more memory. Rows are streamed instead."""
MAX_FILES = 10_000
"""Most files of a folder that are looked at."""
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True)
class Source:
    """A file or folder that is imported. Nothing outside of its folder is read."""

    path: Path
    """As the person named it."""

    @cached_property
    def root(self) -> Path:
        """The folder below which everything stays, without links. A file that a person names may
        be a link itself; its folder is that of the link."""
        folder = self.path if self.path.is_dir() else self.path.parent
        return folder.resolve()

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        try:
            return self.path.exists()
        except (OSError, ValueError):  # its name is too long to be one
            return False

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The file itself, or the files of the folder and of those below it, sorted.

        Hidden files, and links that lead out of the folder, are left out. Raises `ImportRefused` if
        there are too many.
        """
        if not self.path.is_dir():
            return (self.root / self.path.name,)
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
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False
        return is_file(resolved) and resolved.is_relative_to(self.root)

    def is_inside(self, path: Path) -> bool:
        """Whether a file or folder is below the folder, also by its links."""
        try:
            return path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False

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
        if not is_file(path):
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
        if not self.path.is_dir() and path == self.path.resolve():
            return self.files[0]
        if not path.is_relative_to(self.root):
            raise ImportRefused(
                f"{where}: {shorten(reference, 120)} leads out of the folder that is imported.",
                "Import the folder above that has both, or copy the file into this one.",
            )
        return path

    def matching(self, pattern: str, folder: Path, where: str) -> list[Path]:
        """The files that a pattern with `*`, `?`, `[…]` or `**` names, sorted.

        Raises `ImportRefused` if the pattern leads out of the imported folder, or is none.
        """
        plain = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        self.below(plain.rpartition("/")[0] or ".", folder, where)
        relative = os.path.relpath(os.path.normpath(folder / pattern), self.root)
        if relative.startswith(".."):
            pattern = shorten(pattern, 120)
            raise ImportRefused(f"{where}: {pattern} leads out of the folder that is imported.")
        if relative == ".":
            return []
        try:
            return sorted(p for p in self.root.glob(relative) if self._is_file_inside(p))
        except (OSError, ValueError, NotImplementedError, RuntimeError) as error:
            raise ImportRefused(
                f"{where}: {shorten(pattern, 120)!r} is no pattern ({error}).", "Correct it."
            ) from error

    def bytes(self, path: Path, most: int = MAX_TEXT_BYTES) -> bytes:
        """The content of a file. Raises `ImportRefused` if it cannot be read or is larger."""
        with open_binary(path, self.place(path)) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise ImportRefused(
                f"{self.place(path)}: has more than {most:,} bytes.",
                "Write its rows as JSON lines, which are read one by one.",
            )
        return content

    def head(self, path: Path, most: int) -> str:
        """The text of the first `most` bytes of a file; empty if it cannot be read."""
        content = first_bytes(path, most)
        return content.decode(encoding_of_start(content) or "utf-8", "replace")

    def text(self, path: Path) -> str:
        """The text of a small file, with `\\n` as its line ends, without a byte order mark."""
        content = self.bytes(path)
        text = content.decode(encoding_in(BytesIO(content)), "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def lines(self, path: Path) -> Iterator[tuple[int, str]]:
        """The number, from 1, and the text of each line of a file of any size, without its end.

        Raises `ImportRefused` at a line that is too long.
        """
        where = self.place(path)
        with open_text(path, encoding_of(path, where), where) as file:
            for number, line in enumerate(lines_of(file, where), start=1):
                yield number, line.rstrip("\r\n")


def first_bytes(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file; none if it cannot be read."""
    try:
        with open_binary(path) as file:
            return file.read(most)
    except ImportRefused:
        return b""


def is_file(path: Path) -> bool:
    """Whether it is a file; not if its name is too long to be one."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def json_value(text: str, where: str) -> Any:
    """A JSON value of a text. Raises `ImportRefused`, which begins with `where`.

    Refused are a key twice in one object, NaN and infinities, and brackets nested too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=without_repeats, parse_constant=no_constant)
        check_depth(text)
        return value
    except json.JSONDecodeError as error:
        place = where if ", line " in where else f"{where}, line {error.lineno}"
        raise ImportRefused(f"{place}: no JSON ({error.msg}, column {error.colno}).") from error
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{where}: no JSON ({why_no_json(error)}).") from error
