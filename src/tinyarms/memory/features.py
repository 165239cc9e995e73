"""The features of a text: its words, pairs of words, and runs of characters within words.

Every feature is a number below `BUCKETS`: a hash decides which (Weinberger et al. 2009, "Feature
Hashing for Large Scale Multitask Learning", arXiv 0902.2206). A feature is there or not; how often
does not count. All hashes of a text come from one running sum of its characters (Karp and Rabin,
1987), so nothing here loops over characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

import numpy as np

from tinyarms.skills.picture import in_words
from tinyarms.stats.arrays import Array

BUCKETS = 1 << 18
"""Number of features that can be told apart; the lower half is for words, the upper half for runs
of characters. Higher: fewer hashes coincide, and a stored memory is larger."""
MAX_CHARACTERS = 2000
"""Characters of an input that count; the rest is not read. Higher: slower, and larger files."""
RUNS = (3, 4, 5)
"""Lengths of the runs of characters, with the blank at the word's edges."""
SHORT_RUNS = (1, 2)
"""Lengths of runs in scripts that write words without blanks."""
_FIRST_WITHOUT_BLANKS = 0x2E80
"""From this code point on, characters of Chinese and Japanese begin."""
_BLANK = ord(" ")


def features(inputs: Mapping[str, str]) -> Array:
    """The different features of all inputs, ascending: int64, shape (number of features,).

    Examples
    --------
    >>> from tinyarms.memory.features import features
    >>> list(features({"text": "Ｇｏｏｄ!"})) == list(features({"text": "good"}))
    True
    """
    parts = [_features(plain(value)) for value in inputs.values()]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts]))


def plain(value: str) -> str:
    """The words of an input, NFKC and without case, with a blank before and after each.

    A picture counts as its words.
    """
    text = unicodedata.normalize("NFKC", in_words(value)[:MAX_CHARACTERS]).casefold()
    words = text.translate(_LETTERS)[:MAX_CHARACTERS].split()
    return f" {' '.join(words)} " if words else ""


class _Letters(dict[int, str]):
    """For `str.translate`: what belongs to no word becomes a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = char if unicodedata.category(char)[0] in "LMN" else " "
        return self[code]


_LETTERS = _Letters()


def _features(text: str) -> Array:
    if not text:
        return np.empty(0, dtype=np.int64)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    powers, inverses = _powers()
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint32(1)) * powers[: len(codes)], dtype=np.uint64, out=sums[1:])
    blanks = np.flatnonzero(codes == _BLANK)
    words = (sums[blanks[1:]] - sums[blanks[:-1] + 1]) * inverses[blanks[:-1] + 1]
    pairs = words[:-1] * np.uint64(0x9E3779B97F4A7C15) + words[1:]
    found = [_buckets(words, 0), _buckets(pairs, 1)]
    inner = np.concatenate(([0], np.cumsum(codes == _BLANK)))
    wide = np.concatenate(([0], np.cumsum(codes >= _FIRST_WITHOUT_BLANKS)))
    for length in (*SHORT_RUNS, *RUNS):
        starts = np.arange(max(0, len(codes) - length + 1))
        if length in SHORT_RUNS:
            fits = wide[starts + length] - wide[starts] == length
        else:
            fits = inner[starts + length - 1] == inner[starts + 1]
        starts = starts[fits]
        runs = (sums[starts + length] - sums[starts]) * inverses[starts]
        found.append(_buckets(runs, length + 1))
    return np.concatenate(found)


def _buckets(hashes: Array, kind: int) -> Array:
    """Spread the hashes over the half of their kind: 0 words, 1 pairs, else runs."""
    values = hashes ^ np.uint64(0x94D049BB133111EB * (kind + 1) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    half = BUCKETS // 2
    return (values >> np.uint64(40)).astype(np.int64) % half + (half if kind > 1 else 0)


@cache
def _powers() -> tuple[Array, Array]:
    """The powers of an odd number modulo 2**64, and their inverses."""
    base = 0x5851F42D4C957F2D
    factors = np.ones((2, MAX_CHARACTERS + 2), dtype=np.uint64)  # two: the blanks at the edges
    factors[0, 1:], factors[1, 1:] = base, pow(base, -1, 2**64)
    powers, inverses = np.cumprod(factors, axis=1, dtype=np.uint64)
    return powers, inverses
