"""Words like `NAME=VALUE`, in which inputs and columns are given."""

from __future__ import annotations

from collections.abc import Iterable

from tinyarms.core.errors import UsageError


def read_pairs(words: Iterable[str], *, of: str = "VALUE") -> dict[str, str]:
    """The values of words like `NAME=VALUE`, by their names. Raises `UsageError`.

    `of`: what the values are, for messages; only a `VALUE` may be empty.

    Examples
    --------
    >>> from tinyarms.cli.pairs import read_pairs
    >>> read_pairs(["text=Where is it?", "note="])
    {'text': 'Where is it?', 'note': ''}
    """
    where = "" if of == "VALUE" else "--input "
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or (of != "VALUE" and not value):
            raise UsageError(f"{where}{word!r} is not NAME={of}.", f"Write inputs as NAME={of}.")
        if name in found:
            raise UsageError(f"{where or 'The input '}{name} is given twice.", "Give it once.")
        found[name] = value
    return found
