"""A table of words and phrases, and a fast way to find them in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

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
    letters.

    Nothing is compiled before it is needed: there are thousands of entries, and most programs look
    for none.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    @cached_property
    def _entries(self) -> _Entries:
        entries = {e.strip() for line in self._table.splitlines() for e in line.split(",")} - {""}
        known, anywhere = _Entries(), []
        for entry in sorted(entries):
            body = bare(entry.strip("*"))
            if SPACELESS.match(body) or entry.startswith("*"):
                anywhere.append(re.escape(body))
                continue
            is_open = entry.endswith("*")
            parts = tuple(body.split(" "))
            if is_open and len(parts) == 1:
                known.open.add(body)
            else:
                known.whole.setdefault(parts[0], []).append((parts, is_open))
        known.anywhere = "|".join(sorted(anywhere, key=len, reverse=True)) or "(?!)"
        return known

    def spans(self, reading: Reading) -> list[tuple[int, int]]:
        """The (start, end) indices of entries, in the order of the text; they may overlap."""
        return sorted(
            match.span()
            for pattern in self._possible(reading)
            for match in pattern.finditer(reading.text)
        )

    def _possible(self, reading: Reading) -> Iterator[re.Pattern[str]]:
        """Patterns of the entries whose words are in the text."""
        known = self._entries
        if not reading.text.isascii():
            yield _compiled(known.anywhere)
        for beginning in reading.beginnings & known.open:
            yield _pattern(beginning, is_open=True)
        for first in reading.words & known.whole.keys():
            for parts, is_open in known.whole[first]:
                last = reading.beginnings if is_open else reading.words
                if parts[-1] in last and all(part in reading.words for part in parts[1:-1]):
                    yield _pattern(" ".join(parts), is_open)


@dataclass
class _Entries:
    """The entries of a table."""

    whole: dict[str, list[tuple[tuple[str, ...], bool]]] = field(default_factory=dict)
    """First word of an entry → its words, and whether its end is open."""
    open: set[str] = field(default_factory=set)
    """One-word entries with an open end."""
    anywhere: str = ""
    """The pattern of those that may begin within a word."""


@cache
def _pattern(body: str, is_open: bool) -> re.Pattern[str]:
    return _compiled("(?<![^ ])" + re.escape(body) + ("[^ ]*" if is_open else "(?![^ ])"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
