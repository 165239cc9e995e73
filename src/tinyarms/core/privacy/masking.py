"""Mask the private parts of a text.

Patterns and checksums (python-stdnum) find data that has a recognisable form, or a word beside it
that names it. No language model is called. Names of people and statements about them are not found.
With the extra `privacy`, phonenumbers and detect-secrets find more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from tinyarms.core.privacy.finder import MASK_KINDS, AnyFinder, MaskKind
from tinyarms.core.unicode import plain_with_origins

_MAY_BE_PRIVATE = re.compile(r"\d|[@:=/\\]|<<|[\w-]{20}|-{5}|\bat\b|[^\x00-\x7f]", re.IGNORECASE)
"""A text without any of these characters cannot match a finder."""


@dataclass(frozen=True)
class MaskedText:
    """A text whose private parts are replaced by labels."""

    text: str
    labels: tuple[str, ...]
    """Labels of the masked parts, in the order of the text: `("email", "phone")`. Empty: none."""

    @property
    def changed(self) -> bool:
        """Whether anything was masked."""
        return bool(self.labels)


@dataclass(frozen=True)
class PrivatePart:
    """A private part of a text: `text[start:end]`."""

    start: int
    end: int
    kind: MaskKind
    label: str


def mask(text: str, kinds: Collection[MaskKind] = MASK_KINDS) -> MaskedText:
    """The text with `[label]` in place of each private part of these kinds.

    Masking a masked text changes nothing.

    Examples
    --------
    >>> from tinyarms.core.privacy.masking import mask
    >>> mask("Write to ada@example.org.")
    MaskedText(text='Write to [email].', labels=('email',))
    >>> mask("Pay 4111 1111 1111 1111", kinds=("contact",)).changed
    False
    """
    parts = private_parts(text, frozenset(kinds))
    masked, end = [], 0
    for part in parts:
        masked += [text[end : part.start], f"[{part.label}]"]
        end = part.end
    return MaskedText("".join([*masked, text[end:]]), tuple(part.label for part in parts))


def mask_all(texts: Mapping[str, str], kinds: Collection[MaskKind] = MASK_KINDS) -> dict[str, str]:
    """The mapping with each of its values masked."""
    return {name: mask(text, kinds).text for name, text in texts.items()}


def masks_in(text: str) -> tuple[str, ...]:
    """The labels of the masks in a text, in its order.

    Examples
    --------
    >>> from tinyarms.core.privacy.masking import masks_in
    >>> masks_in("Write to [email] [sic].")
    ('email',)
    """
    labels = {finder.label for finder in _finders()}
    return tuple(label for label in re.findall(r"\[([^][]+)\]", text) if label in labels)


@lru_cache(maxsize=4096)
def private_parts(text: str, kinds: frozenset[MaskKind]) -> tuple[PrivatePart, ...]:
    """The private parts in the order of the text; none overlaps another."""
    if not kinds or _MAY_BE_PRIVATE.search(text) is None:
        return ()
    plain = plain_with_origins(text)
    parts: list[PrivatePart] = []
    for finder in _finders():
        if finder.kind in kinds:
            for start, end in finder.places(plain.text):
                part = PrivatePart(*plain.span(start, end), finder.kind, finder.label)
                parts = _joined(parts, part)
    return tuple(sorted(parts, key=lambda part: part.start))


@cache
def _finders() -> tuple[AnyFinder, ...]:
    # Imported here: their patterns and python-stdnum cost a tenth of a second, which a command that
    # masks nothing should not pay.
    from tinyarms.core.privacy.contact import CONTACT
    from tinyarms.core.privacy.extra import library_finders
    from tinyarms.core.privacy.financial import FINANCIAL
    from tinyarms.core.privacy.ids import IDS
    from tinyarms.core.privacy.secrets import SECRETS

    return (*FINANCIAL, *SECRETS, *IDS, *CONTACT, *library_finders())


def _joined(parts: Sequence[PrivatePart], new: PrivatePart) -> list[PrivatePart]:
    """The parts and a new one. Overlapping parts become one part, named after the longest."""
    apart = [part for part in parts if part.end <= new.start or new.end <= part.start]
    together = [new, *(part for part in parts if part not in apart)]
    longest = max(together, key=lambda part: (part.end - part.start, part is not new))
    start, end = min(part.start for part in together), max(part.end for part in together)
    return [*apart, replace(longest, start=start, end=end)]
