"""Copies of a sent picture in a model's reply: taken out before anything reads or stores it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from tinyarms.core.errors import PictureError

REMOVED = "[picture removed]"
_WINDOW = 24
"""Characters of a picture's base64 that count as a copy, if they are not cut by other text; a piece
of twice as many is always found. Lower: ordinary words may look like one. Higher: longer pieces of
a picture stay."""
_CHARACTER = r"(?:[A-Za-z0-9+/_-]|\\/|%2[BbFf])"
_DATA_URL = r"data:[\w.+/-]*(?:;[\w=.+-]*)*;base64,"
_PIECE = re.compile(rf"({_DATA_URL}\s*)?({_CHARACTER}{{{_WINDOW},}}(?:=|%3[Dd]){{0,2}})")
_SEVERAL = re.compile(rf"{re.escape(REMOVED)}(?:\s*{re.escape(REMOVED)})+")
_URL = re.compile(rf"{_DATA_URL}\s*(?:{_CHARACTER}|=|%3[Dd])*")


def without_copies(text: str, pictures: Iterable[Callable[[], bytes]]) -> str:
    """The text with `[picture removed]` for each piece of one of the pictures in base64 or hex.

    `pictures`: what loads the bytes that were sent. With any, data URLs are removed too, whatever
    they hold, and if one cannot be loaded, all that looks like a piece.

    Examples
    --------
    >>> import base64
    >>> from tinyarms.skills.picture_copies import without_copies
    >>> picture = bytes(range(100))
    >>> sent = base64.b64encode(picture).decode()
    >>> without_copies(f"It is data:image/png;base64,{sent}.", [lambda: picture])
    'It is [picture removed].'
    """
    loads = list(pictures)
    if not loads or not (_PIECE.search(text) or _URL.search(text)):
        return text
    forms = [form for load in loads for form in _forms(load)]
    everything = len(forms) < 3 * len(loads)

    def replaced(match: re.Match[str]) -> str:
        url, piece = match.groups()
        is_copy = url or everything or _is_piece(unquote(piece.replace("\\/", "/")), forms)
        return REMOVED if is_copy else match.group()

    return _SEVERAL.sub(REMOVED, without_data_urls(_PIECE.sub(replaced, text)))


def without_data_urls(text: str) -> str:
    """The text with `[picture removed]` for each data URL in base64."""
    return _URL.sub(REMOVED, text)


def _forms(load: Callable[[], bytes]) -> list[str]:
    """How a picture may be written; nothing if it is gone."""
    try:
        data = load()
    except PictureError:
        return []
    plain = base64.b64encode(data).decode("ascii")
    return [plain, plain.replace("+", "-").replace("/", "_"), data.hex()]


def _is_piece(piece: str, forms: Iterable[str]) -> bool:
    """Whether a part of it is a part of a form."""
    bare = piece.rstrip("=")
    places = (*range(0, len(bare) - _WINDOW, _WINDOW), len(bare) - _WINDOW)
    parts = (bare[at : at + _WINDOW] for at in places)
    return any(part in form or part.lower() in form for part in parts for form in forms)
