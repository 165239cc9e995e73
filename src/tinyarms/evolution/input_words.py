"""Which inputs right answers take their words from."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from tinyarms.evolution.constants import (
    COPIED_SHARE,
    COPYING_EXAMPLES,
    FURTHER_INPUTS_SHARE,
)
from tinyarms.skills.example import Example
from tinyarms.skills.input_words import words_that_match

_ANY_WORD = "[a-z0-9]+"


def inputs_of_answers(examples: Sequence[Example]) -> tuple[str, ...]:
    """The input that has most words of the right outputs, or all inputs if together they have
    clearly more; empty if that is too few.

    Examples
    --------
    >>> from tinyarms.evolution.input_words import inputs_of_answers
    >>> from tinyarms.skills.example import Example
    >>> inputs = {"file": "IMG_1.png", "content": "A red bridge in fog"}
    >>> inputs_of_answers([Example("e1", inputs, "red-bridge", "search")])
    ('content',)
    """
    some = [e for e in examples[:COPYING_EXAMPLES] if _words(e.expected)]
    names = tuple(dict.fromkeys(name for e in some for name in e.inputs))
    if not names:
        return ()
    shares = {name: _share(some, (name,)) for name in names}
    best = max(names, key=lambda name: shares[name])
    together = _share(some, names)
    found = names if together >= shares[best] + FURTHER_INPUTS_SHARE else (best,)
    return found if max(shares[best], together) >= COPIED_SHARE else ()


def _share(examples: Sequence[Example], names: Sequence[str]) -> float:
    """The mean share of the words of a right output that these inputs have, in [0, 1]."""
    return mean(
        len(_words(e.expected) & _words(*(e.inputs.get(name, "") for name in names)))
        / len(_words(e.expected))
        for e in examples
    )


def _words(*texts: str) -> set[str]:
    return set(words_that_match(_ANY_WORD, texts))
