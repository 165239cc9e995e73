"""What is kept of a picture: its hash, size and path, and the text that was read from it.

An input that holds a picture is kept as a text in this form, in the database, in examples and in
prompt files. The picture itself is never in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import mask

_STORED = re.compile(
    r"\[picture (\d+)×(\d+)(?:, (\d{4}-\d\d-\d\d))?, sha256 ([0-9a-f]{64})\]"
    r"(?: ([^\n]+))?(?:\n(.*))?",
    re.DOTALL,
)
NOTHING_READ = "(no text could be read)"
"""Stands for the text of a picture in which none could be read."""


@dataclass(frozen=True)
class Picture:
    """What is kept of a picture."""

    sha256: str
    """Hash of the bytes as they were given: 64 hexadecimal characters."""
    width: int
    """In pixels, turned upright."""
    height: int
    """In pixels, turned upright."""
    date: str = ""
    """The day when it was taken, by its own metadata, as `2024-03-11`; empty if not said."""
    path: str = ""
    """Its path, relative to the project's folder where it is inside; empty if it has none."""
    text: str | None = None
    """The text in it; `None`: it has not been read."""

    @property
    def stored(self) -> str:
        """The text that is kept as the value of the input; `picture_of` is the inverse."""
        date = f", {self.date}" if self.date else ""
        path = f" {self.path}" if self.path else ""
        text = "" if self.text is None else f"\n{self.text}"
        size = f"{self.width}×{self.height}"
        return f"[picture {size}{date}, sha256 {self.sha256}]{path}{text}"

    @property
    def in_words(self) -> str:
        """For a model that cannot see it: the text in it, then name, size, orientation and date.

        A tiny model copies what comes first, so that is the text.

        Examples
        --------
        >>> from tinyarms.skills.picture import Picture
        >>> print(Picture("0" * 64, 640, 480, path="shots/a.png", text="Invoice 7").in_words)
        Invoice 7
        (a.png, 640×480, landscape)
        """
        text = "" if self.text is None else f"{self.text or NOTHING_READ}\n"
        return f"{text}({self._facts(self.path.rpartition('/')[2])})"

    @property
    def for_people(self) -> str:
        """As `in_words`, with the whole path and without a note that it was not read."""
        return self._facts(self.path) + (f"\n{self.text}" if self.text else "")

    def masked(self, kinds: Collection[MaskKind]) -> Picture:
        """The picture with labels in place of the private parts of its path and text."""
        text = None if self.text is None else mask(self.text, kinds).text
        return replace(self, path=mask(self.path, kinds).text, text=text)

    def _facts(self, name: str) -> str:
        facts = (name, f"{self.width}×{self.height}", self._orientation, self.date)
        return ", ".join(fact for fact in facts if fact)

    @property
    def _orientation(self) -> str:
        if self.width == self.height:
            return "square"
        return "landscape" if self.width > self.height else "portrait"


def picture_of(value: str) -> Picture | None:
    """The picture that the value of an input holds; `None`: the value is a text.

    Examples
    --------
    >>> from tinyarms.skills.picture import Picture, picture_of
    >>> picture = Picture("0" * 64, 640, 480, path="a.png")
    >>> picture_of(picture.stored) == picture, picture_of("a.png")
    (True, None)
    """
    match = _STORED.fullmatch(value) if value.startswith("[picture ") else None
    if match is None:
        return None
    width, height, date, sha256, path, text = match.groups()
    return Picture(sha256, int(width), int(height), date or "", path or "", text)


def in_words(value: str) -> str:
    """The value of an input as a model without eyes reads it."""
    picture = picture_of(value)
    return value if picture is None else picture.in_words


def all_in_words(inputs: Mapping[str, str]) -> dict[str, str]:
    """`in_words` of each input."""
    return {name: in_words(value) for name, value in inputs.items()}


def all_for_people(inputs: Mapping[str, str]) -> dict[str, str]:
    """Each input as people are shown it: of a picture its path, size and text."""
    words = {}
    for name, value in inputs.items():
        picture = picture_of(value)
        words[name] = value if picture is None else picture.for_people
    return words


def identity(value: str) -> str:
    """What makes two inputs the same: of a picture its bytes, whatever its path; else the text."""
    picture = picture_of(value)
    return value if picture is None else f"[picture sha256 {picture.sha256}]"


def all_identities(values: Iterable[str]) -> list[str]:
    """`identity` of each of the values."""
    return [identity(value) for value in values]


def identities(inputs: Mapping[str, str]) -> dict[str, str]:
    """`identity` of each input."""
    return {name: identity(value) for name, value in inputs.items()}


def mask_inputs(inputs: Mapping[str, str], kinds: Collection[MaskKind]) -> dict[str, str]:
    """The inputs with labels in place of their private parts. The hash of a picture stays."""
    masked = {}
    for name, value in inputs.items():
        picture = picture_of(value)
        masked[name] = mask(value, kinds).text if picture is None else picture.masked(kinds).stored
    return masked
