"""Read JSON values one after the other from a long text, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TextIO

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.tables.table import MOST_CELL_CHARACTERS, Json

_CHUNK = 1 << 16
"""Characters that are read at once. Higher: fewer reads, more memory."""
_BLANK = " \t\r\n"


class JsonText:
    """A place in a JSON text. `NaN` and the infinities are read as missing.

    Raises `ImportRefused`, with the line, where the text is no JSON or a value has more than a
    million characters.
    """

    def __init__(self, file: TextIO, where: str) -> None:
        self._file = file
        self._where = where
        self._buffer = ""
        self._at = 0
        self._lines_before = 0
        self._counted_to = 0
        self._decode: Callable[[str, int], tuple[Json, int]] = json.JSONDecoder(
            parse_constant=lambda _: None
        ).raw_decode

    @property
    def line(self) -> int:
        """The line of the next character, from 1."""
        self._lines_before += self._buffer.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._lines_before + 1

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                char = self._buffer[self._at]
                if char not in _BLANK:
                    return char
                self._at += 1
            if not self._more():
                return ""

    def take(self, char: str) -> None:
        """Go past a character, which must be next."""
        if self.peek() != char:
            raise self._broken(f"expected {char!r}")
        self._at += 1

    def value(self) -> Json:
        """The next value."""
        self.peek()
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                rest = len(self._buffer) - self._at
                if rest > MOST_CELL_CHARACTERS or not self._more():
                    raise self._broken(error.msg) from error
                continue
            except RecursionError as error:
                raise self._broken("its brackets are nested too deeply") from error
            if end == len(self._buffer) and self._more():
                continue  # A number may go on.
            self._at = end
            return value

    def elements(self) -> Iterator[tuple[int, Json]]:
        """The elements of the array that is next, each with its line."""
        self.take("[")
        while self.peek() != "]":
            yield self.line, self.value()
            if self.peek() != "]":
                self.take(",")
        self.take("]")

    def fields(self) -> Iterator[str]:
        """The keys of the object that is next. The caller reads each value."""
        self.take("{")
        while self.peek() != "}":
            key = self.value()
            self.take(":")
            yield str(key)
            if self.peek() != "}":
                self.take(",")
        self.take("}")

    def _more(self) -> bool:
        chunk = self._file.read(_CHUNK)
        _ = self.line
        self._buffer = self._buffer[self._at :] + chunk
        self._at = self._counted_to = 0
        return bool(chunk)

    def _broken(self, why: str) -> ImportRefused:
        return ImportRefused(
            f"{self._where}, line {self.line}: no JSON ({why}).", "Correct it there."
        )
