"""Normalise texts before a comparison, so that texts that look the same are equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_DOUBLE_QUOTES = "“”„‟«»″"
_SINGLE_QUOTES = "‘’‚‛‹›′"
_HYPHENS = "\u2010\u2011"
_INVISIBLE = (
    "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_LOOK_ALIKE = str.maketrans(
    {
        **dict.fromkeys(_DOUBLE_QUOTES, '"'),
        **dict.fromkeys(_SINGLE_QUOTES, "'"),
        **dict.fromkeys(_HYPHENS, "-"),
        **dict.fromkeys(_INVISIBLE, None),
    }
)


def composed(text: str) -> str:
    """The text without leading and trailing white space, in Unicode form NFC: `é` is one character.

    Examples
    --------
    >>> from tinyarms.skills.comparison import composed
    >>> composed(" Cafe\\u0301 ") == "Café"
    True
    """
    return unicodedata.normalize("NFC", text).strip()


def all_composed(texts: Iterable[str]) -> list[str]:
    """`composed` of each of the texts."""
    return [composed(text) for text in texts]


def label_key(text: str) -> str:
    """A key that is equal for labels that look the same.

    The key ignores case, Unicode form, the kinds of spaces, quotes and hyphens, invisible
    characters and enclosing quotes.

    Examples
    --------
    >>> from tinyarms.skills.comparison import label_key
    >>> label_key(" “To\\u00a0do” ") == label_key("to  do")
    True
    """
    plain = " ".join(composed(text).translate(_LOOK_ALIKE).split())
    if len(plain) >= 2 and plain[0] == plain[-1] and plain[0] in "\"'":
        plain = plain[1:-1].strip()
    return unicodedata.normalize("NFC", plain.casefold())


def closest_label(text: str, labels: Iterable[str]) -> str | None:
    """The label that `text` may be a misspelling of.

    Examples
    --------
    >>> from tinyarms.skills.comparison import closest_label
    >>> closest_label("remider", ("calendar", "reminder"))
    'reminder'
    """
    by_key = {label_key(label): label for label in labels}
    found = get_close_matches(label_key(text), by_key, n=1)
    return by_key[found[0]] if found else None
