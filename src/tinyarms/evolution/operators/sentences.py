"""Take an instruction apart into sentences, and put it together again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = re.compile(r"\s*\d+[.)]\s+")
_LIST_LINE = re.compile(r"(?:[-*+•]|\d+[.)])\s|#+\s")


def split_sentences(text: str) -> list[str]:
    """Sentences and list lines, trimmed, empty ones left out."""
    sentences = []
    for line in text.splitlines():
        number = _NUMBER.match(line)
        head = number.group() if number else ""  # its point ends no sentence
        first, *others = re.split(r"(?<=[.!?])\s+", line[len(head) :])
        sentences += [head + first, *others]
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def join_sentences(sentences: Sequence[str]) -> str:
    """The inverse of `split_sentences`: one after the other, list lines on lines of their own."""
    text = ""
    for before, sentence in pairwise(["", *sentences]):
        on_its_own = _LIST_LINE.match(before) or _LIST_LINE.match(sentence)
        text += ("\n" if on_its_own else " ") + sentence
    return text.strip()
