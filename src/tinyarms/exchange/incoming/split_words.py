"""What other tools call a split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tinyarms.skills.example import Split

SPLIT_WORDS: Mapping[str, Split] = {
    **dict.fromkeys(("search", "train", "training"), "search"),
    **dict.fromkeys(
        ("selection", "validation", "valid", "val", "dev", "development"),
        "selection",
    ),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
    **dict.fromkeys(("holdout", "hold_out", "heldout", "held_out"), "test"),
}
"""What other tools call a split, with `_` for hyphens and blanks → this tool's name for it."""
_STRICTNESS: Mapping[Split, int] = {"search": 0, "selection": 1, "test": 2}


@lru_cache(maxsize=1000)
def our_split(name: str) -> Split | None:
    """This tool's name for a split; `None`: the name is that of no split.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.split_words import our_split
    >>> our_split("Held-out"), our_split("dev"), our_split("v1")
    ('test', 'selection', None)
    """
    return SPLIT_WORDS.get(re.sub(r"[-\s]+", "_", name.strip().casefold()))


def split_of(names: Iterable[str]) -> str | None:
    """The most strictly held out of some splits, as the other tool writes it; `None`: no name is
    a split.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.split_words import split_of
    >>> split_of(["base", "Test", "train"]), split_of(["v1"])
    ('Test', None)
    """
    splits = [(name, ours) for name in names if (ours := our_split(name)) is not None]
    return max(splits, key=lambda pair: _STRICTNESS[pair[1]])[0] if splits else None
