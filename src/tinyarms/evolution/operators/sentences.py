"""Split an instruction into sentences and join them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = re.compile(r"\s*\d+[.)]\s+")
_LIST_LINE = re.compile(r"(?:[-*+•]|\d+[.)])\s|#+\s")


def split_sentences(text: str) -> list[str]:
    """The sentences and list lines of a text, trimmed, without empty ones."""
    sentences = []
    for line in text.splitlines():
        number = _NUMBER.match(line)
        head = number.group() if number else ""  # the dot after a number ends no sentence
        first, *others = re.split(r"(?<=[.!?])\s+", line[len(head) :])
        sentences += [head + first, *others]
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def join_sentences(sentences: Sequence[str]) -> str:
    """The inverse of `split_sentences`; list lines get lines of their own."""
    text = ""
    for previous, sentence in pairwise(["", *sentences]):
        on_its_own = _LIST_LINE.match(previous) or _LIST_LINE.match(sentence)
        text += ("\n" if on_its_own else " ") + sentence
    return text.strip()
