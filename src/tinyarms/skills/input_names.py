"""Match names of inputs that are written in another way."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import TypeVar

_T = TypeVar("_T")


def by_their_names(given: Mapping[str, _T], names: Collection[str]) -> Mapping[str, _T]:
    """The given inputs under those of a skill's `names` that they mean.

    Case, accents, the Unicode form and signs do not matter. A name stays as it is if it means none
    of them, or one that is given too.

    Examples
    --------
    >>> from tinyarms.skills.input_names import by_their_names
    >>> by_their_names({"Größe der Datei": "2 MB"}, ("Grosse_der_Datei", "text"))
    {'Grosse_der_Datei': '2 MB'}
    """
    others = [name for name in given if name not in names]
    if not others:
        return given
    free = {_key(name): name for name in names if name not in given}
    meant = {name: free[_key(name)] for name in others if _key(name) in free}
    if not meant or len(set(meant.values())) < len(meant):
        return given
    return {meant.get(name, name): value for name, value in given.items()}


def _key(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in apart if char.isalnum())
