"""What finds one sort of private text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

MaskKind = Literal["secrets", "contact", "financial", "ids"]
"""`secrets`: passwords, keys and codes. `contact`: ways to reach a person or a machine, and names
of users in paths. `financial`: cards and accounts. `ids`: numbers of official documents, and dates
of birth."""
MASK_KINDS: tuple[MaskKind, ...] = get_args(MaskKind)


class AnyFinder(Protocol):
    """What finds one sort of private text, in whichever way."""

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
    """What stands in the masked text instead, in brackets: `email` becomes `[email]`."""
    pattern: re.Pattern[str]
    """It is matched against the plain form of a text (`core.unicode.plain`). If it has a group
    `private`, only that is private, and the rest says what it is."""
    is_real: Callable[[str], bool] = lambda private: True
    """Whether the private part is what it looks like: checksums, lengths."""

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where private parts stand in a plain text, as first index and the one after."""
        group = "private" if "private" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start, end = match.span(group if match.group(group) else 0)
            if start < end and self.is_real(text[start:end]):
                yield start, end


def digits(text: str) -> str:
    """The decimal digits of a text, those of other scripts as 0 to 9."""
    return "".join(str(int(char)) for char in text if char.isdecimal())
