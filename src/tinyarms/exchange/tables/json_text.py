"""Read JSON values one after the other from a long text, in bounded memory."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.tables.table import MOST_CELL_CHARACTERS, Json
from tinyarms.skills.example import without_repeats

_CHUNK = 1 << 16
"""Characters that are read at once. Higher: fewer reads, more memory."""
MAX_DEPTH = 100
"""Most levels of nesting. Higher: deeper values, up to where Python's own stack ends."""
_BLANKS = re.compile(r"[ \t\r\n]*")
_BRACKET_OR_TEXT = re.compile(r'[\[{]|[\]}]|"(?:[^"\\]|\\.)*"', re.DOTALL)


def check_depth(text: str, start: int = 0, end: int | None = None) -> None:
    """Check how deeply the brackets of a JSON value are nested, since whatever works through a
    value needs stack for each level. Raises `RecursionError`."""
    end = len(text) if end is None else end
    if text.count("[", start, end) + text.count("{", start, end) <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKET_OR_TEXT.finditer(text, start, end):
        depth += (match[0] in "[{") - (match[0] in "]}")
        if depth > MAX_DEPTH:
            raise RecursionError


def why_no_json(error: ValueError | RecursionError) -> str:
    """What is wrong with a JSON text, by the error of its decoder."""
    if isinstance(error, RecursionError):
        return "its brackets are nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    digits = sys.get_int_max_str_digits()
    is_long = str(digits) in str(error)
    return f"a number has more than {digits} digits" if is_long else str(error)


def json_cell(value: Json) -> Json:
    """A cell that holds a JSON object or list, as its value; any other as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            decoded = json.loads(value, parse_constant=lambda _: None)
            check_depth(value)
            return decoded
        except (ValueError, RecursionError):
            return value
    return value


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
            object_pairs_hook=without_repeats, parse_constant=lambda _: None
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
            blanks = _BLANKS.match(self._buffer, self._at)
            self._at = self._at if blanks is None else blanks.end()
            if self._at < len(self._buffer):
                return self._buffer[self._at]
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
                check_depth(self._buffer, self._at, end)
            except json.JSONDecodeError as error:
                rest = len(self._buffer) - self._at
                if rest > MOST_CELL_CHARACTERS or not self._more():
                    raise self._broken(why_no_json(error)) from error
                continue
            except (ValueError, RecursionError) as error:
                raise self._broken(why_no_json(error)) from error
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
