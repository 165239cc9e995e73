"""The features of a text: its words, pairs of words, and runs of characters within words.

A punctuation mark is a word. Every feature is a number below `BUCKETS`, chosen by a hash
(Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", arXiv 0902.2206). A
feature is there or not; how often does not count. All hashes of a text come from one running sum of
its characters (Karp and Rabin, 1987), so nothing here loops over characters in Python.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np

from tinyarms.skills.picture import in_words
from tinyarms.stats.arrays import Array

BUCKETS = 1 << 18
"""Number of features that can be told apart. Higher: fewer hashes coincide, and files are larger.
"""
KINDS = 2
"""Words and pairs of words are kind 0, runs of characters kind 1. Each kind has half of the
buckets."""
_OF_A_KIND = BUCKETS // KINDS
MAX_CHARACTERS = 2000
"""Characters of an input that count; the rest is not read. Higher: slower, and larger files."""
RUNS = (3, 4, 5)
"""Lengths of the runs of characters; a word has a blank at both ends."""
_FIRST_WITHOUT_BLANKS = 0x2E80
"""The first code point of Chinese and Japanese characters, of which runs of 1 and 2 count too,
because these scripts put no blanks between words."""
_KEPT = 32
"""Texts whose features are kept, because one task asks for them more than once."""
_MOST_PLAIN = 2 * MAX_CHARACTERS
"""Most characters of a text in its plain form: marks are set apart, and NFKC may spell one out."""


def features(inputs: Mapping[str, str]) -> Array:
    """The different features of all inputs, ascending: int64, shape (number of features,).

    A picture counts as its words (`tinyarms.skills.picture.in_words`).

    Examples
    --------
    >>> from tinyarms.memory.features import features
    >>> list(features({"text": "Ｇｏｏｄ!"})) == list(features({"text": "good !"}))
    True
    """
    return _features_of(tuple(inputs.values()))


@lru_cache(_KEPT)
def _features_of(values: tuple[str, ...]) -> Array:
    parts = [_features(_plain(in_words(value))) for value in values]
    found = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *parts]))
    first = np.ones(len(found), dtype=bool)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    found = found[first]
    found.flags.writeable = False
    return found


def kinds_of(features: Array) -> Array:
    """The kind of each feature, 0 or 1: int64."""
    return (features >= _OF_A_KIND).astype(np.int64)


def lengths_of(features: Array) -> list[int]:
    """The number of features of each kind."""
    words = int(np.searchsorted(features, _OF_A_KIND))
    return [words, len(features) - words]


def _plain(value: str) -> str:
    """The words of a text, NFKC and without case, with one blank before and after each."""
    text = unicodedata.normalize("NFKC", value[:MAX_CHARACTERS]).casefold()
    words = text.translate(_WORDS)[:_MOST_PLAIN].split()
    return f" {' '.join(words)} " if words else ""


class _Words(dict[int, str]):
    """For `str.translate`: sets marks apart from words."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category[0] in "LMN":
            self[code] = char
        elif category == "Cf":  # joiners and the like, which are inside of words
            self[code] = ""
        else:
            self[code] = " " if category[0] in "ZC" else f" {char} "
        return self[code]


_WORDS = _Words()


def _features(text: str) -> Array:
    """The features of a text in its plain form; some may repeat."""
    if not text:
        return np.empty(0, dtype=np.int64)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    powers, inverses = _powers()
    size = len(codes)
    sums = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint32(1)) * powers[:size], out=sums[1:])
    is_blank = codes == ord(" ")
    blanks = np.flatnonzero(is_blank)
    firsts = blanks[:-1] + 1
    words = (sums[blanks[1:]] - sums[firsts]) * inverses[firsts]
    pairs = words[:-1] * inverses[-1:] + words[1:]
    starts, lengths = _runs(codes, is_blank)
    # The power makes a run differ from the word that it is.
    runs = (sums[starts + lengths] - sums[starts]) * inverses[starts] + powers[lengths]
    of_words = _buckets(np.concatenate([words, pairs]))
    return np.concatenate([of_words, _buckets(runs) + _OF_A_KIND])


def _runs(codes: Array, is_blank: Array) -> tuple[Array, Array]:
    """Where each run begins, and its length: both int64, shape (runs,)."""
    size = len(codes)
    blanks = np.concatenate(([0], np.cumsum(is_blank)))
    starts = {
        length: np.flatnonzero(blanks[length - 1 : size] == blanks[1 : size - length + 2])
        for length in RUNS
        if length <= size
    }
    is_wide = codes >= _FIRST_WITHOUT_BLANKS
    if is_wide.any():
        starts |= {1: np.flatnonzero(is_wide), 2: np.flatnonzero(is_wide[:-1] & is_wide[1:])}
    lengths = np.repeat(list(starts), [len(of_length) for of_length in starts.values()])
    return np.concatenate(list(starts.values())), lengths


def _buckets(hashes: Array) -> Array:
    """Spread the hashes over the buckets of a kind: the finaliser of SplitMix64."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return ((hashes >> np.uint64(40)) % np.uint64(_OF_A_KIND)).astype(np.int64)


@cache
def _powers() -> tuple[Array, Array]:
    """The powers of an odd number modulo 2**64, and their inverses: uint64."""
    odd = 0x5851F42D4C957F2D
    factors = np.ones((2, _MOST_PLAIN + 3), dtype=np.uint64)
    factors[0, 1:], factors[1, 1:] = odd, pow(odd, -1, 2**64)
    powers, inverses = np.cumprod(factors, axis=1, dtype=np.uint64)
    return powers, inverses
