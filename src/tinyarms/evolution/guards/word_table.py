"""A table of words and phrases, and a fast way to find them in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tinyarms.core.unicode import folded

SPACELESS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no spaces between words, so that a word may begin anywhere."""
_ASCII_GAPS = re.compile(r"[^a-z0-9]+")


class _Letters(dict[int, str]):
    """For `str.translate`: letters, marks and digits stay, anything else becomes a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = char if unicodedata.category(char)[0] in "LMN" else " "
        return self[code]


_LETTERS = _Letters({ord("ى"): "ي"})


def bare(text: str) -> str:
    """The folded words of a text, separated by one space."""
    if text.isascii():
        return _ASCII_GAPS.sub(" ", text.lower()).strip()
    return " ".join(folded(text).translate(_LETTERS).split())


@dataclass(frozen=True)
class Reading:
    """A text as words: `bare`, with ` . ` where a sentence ends."""

    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The different words."""
        return frozenset(self.text.split(" "))

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The words and all their prefixes."""
        return frozenset(word[:end] for word in self.words for end in range(1, len(word) + 1))


class WordTable:
    """Entries separated by commas or line ends; `*` before or after an entry stands for more
    letters."""

    def __init__(self, table: str) -> None:
        entries = {e.strip() for line in table.splitlines() for e in line.split(",")} - {""}
        self._whole: dict[str, list[tuple[tuple[str, ...], bool, re.Pattern[str]]]] = {}
        """First word of an entry → its words, whether its end is open, and its pattern."""
        self._open: dict[str, re.Pattern[str]] = {}
        """One-word entries with an open end."""
        anywhere = []
        for entry in sorted(entries):
            body = bare(entry.strip("*"))
            if SPACELESS.match(body) or entry.startswith("*"):
                anywhere.append(re.escape(body))
                continue
            is_open = entry.endswith("*")
            pattern = re.compile(
                "(?<![^ ])" + re.escape(body) + ("[^ ]*" if is_open else "(?![^ ])")
            )
            parts = tuple(body.split(" "))
            if is_open and len(parts) == 1:
                self._open[body] = pattern
            else:
                self._whole.setdefault(parts[0], []).append((parts, is_open, pattern))
        self._anywhere = re.compile("|".join(sorted(anywhere, key=len, reverse=True)) or "(?!)")

    def spans(self, reading: Reading) -> list[tuple[int, int]]:
        """The (start, end) indices of entries, in the order of the text; they may overlap."""
        return sorted(
            match.span()
            for pattern in self._possible(reading)
            for match in pattern.finditer(reading.text)
        )

    def _possible(self, reading: Reading) -> Iterator[re.Pattern[str]]:
        """Patterns of the entries whose words are in the text."""
        if not reading.text.isascii():
            yield self._anywhere
        for beginning in reading.beginnings & self._open.keys():
            yield self._open[beginning]
        for first in reading.words & self._whole.keys():
            for parts, is_open, pattern in self._whole[first]:
                last = reading.beginnings if is_open else reading.words
                if parts[-1] in last and all(part in reading.words for part in parts[1:-1]):
                    yield pattern
