"""Finders: each recognises one sort of private text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

MaskKind = Literal["secrets", "contact", "financial", "ids"]
"""`secrets`: passwords, keys and codes. `contact`: ways to reach a person or a machine, names on
social networks and names of users in paths. `financial`: cards and accounts. `ids`: numbers of
official documents, and dates of birth."""
MASK_KINDS: tuple[MaskKind, ...] = get_args(MaskKind)


class AnyFinder(Protocol):
    """Recognises one sort of private text."""

    @property
    def kind(self) -> MaskKind: ...

    @property
    def label(self) -> str: ...

    def places(self, text: str) -> Iterator[tuple[int, int]]: ...


@dataclass(frozen=True)
class Finder:
    """A pattern, and a check of what it matches."""

    kind: MaskKind
    label: str
    """The label that replaces the private part, in brackets: `email` becomes `[email]`."""
    pattern: re.Pattern[str]
    """The pattern, matched against the plain form of a text (`core.unicode.plain`). If it has a
    group `private`, only this group is masked; the rest of the match is context."""
    is_real: Callable[[str], bool] = lambda private: True
    """Whether the private part is real, by its checksum or length."""

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """The (start, end) indices of the private parts of a plain text; `end` is exclusive."""
        group = "private" if "private" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start, end = match.span(group if match.group(group) else 0)
            if start < end and self.is_real(text[start:end]):
                yield start, end


def digits(text: str) -> str:
    """The decimal digits of a text; digits of other scripts become 0 to 9."""
    return "".join(str(int(char)) for char in text if char.isdecimal())
