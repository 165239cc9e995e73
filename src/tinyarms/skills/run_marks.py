"""The rarest runs of many texts at once, as numbers, so that near copies are found among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tinyarms.skills.text_runs import MIN_TENTHS, RUN

Words: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.int64]

_CHUNK_CHARACTERS, _CHUNK_TEXTS = 1_000_000, 2**16
"""Most characters and texts that are hashed at once. Higher: more memory, 100 bytes a character."""
_RUN_BITS, _HASH_BITS = 48, 43
"""A run is a number of 48 bits: how common it is in 5 bits, then 43 bits of its hash. A pair can be
missed only if two runs of one text have equal hashes: once in millions of texts."""
_MOST_SIZE = 2 ** (64 - _RUN_BITS) - 1
_BUCKETS = 2**20
"""Buckets in which runs are counted. More: rare runs are told from common ones more exactly."""
_SIGNATURE_WORDS = 4
"""Words of 64 bits of a signature. More: fewer pairs are compared run by run."""


@dataclass(frozen=True)
class Marks:
    """Texts, each by its rarest runs: so many that near copies have one of them in common."""

    sizes: Counts
    """For each text, the number of its runs."""
    signatures: Words
    """For each text, a set of bits: those to which an odd number of its runs is hashed."""
    owners: Counts
    """For each mark, the place of its text, ascending."""
    places: Counts
    """For each mark, how many runs of its text are rarer."""
    runs: Words
    """For each mark, its run; rarer runs are lower numbers."""


@dataclass(frozen=True)
class MarkIndex:
    """The marks of some texts, ordered by their run and the size of the text."""

    keys: Words
    owners: Counts
    places: Counts
    marks: Marks
    commonness: Words
    """That of the runs, by bucket."""

    def marks_and_ranges(self, texts: Sequence[str]) -> tuple[Marks, list[list[slice]]]:
        """The marks of other texts. For each text, where the index has one of its marks in a text
        of a size that leaves the similarity possible."""
        marks = _marks_of(texts, self.commonness)
        sizes = marks.sizes[marks.owners]
        most = (10 + MIN_TENTHS) * (sizes - marks.places) // MIN_TENTHS - sizes
        low = np.searchsorted(self.keys, _keys(marks.runs, least_shared(sizes)), "left")
        high = np.searchsorted(self.keys, _keys(marks.runs, most), "right")
        found: list[list[slice]] = [[] for _ in marks.sizes]
        for n in np.flatnonzero(low < high).tolist():
            found[marks.owners[n]].append(slice(int(low[n]), int(high[n])))
        return marks, found

    def possible(self, where: slice, size: int, signature: Words) -> list[int]:
        """The texts there that may be near copies of one with this size and signature.

        What is left out has too few runs behind the common one, or too many different ones.
        """
        owners = self.owners[where]
        sizes = self.marks.sizes[owners]
        both = size + sizes
        shared = -(-MIN_TENTHS * both // (10 + MIN_TENTHS))
        differ = np.bitwise_count(self.marks.signatures[owners] ^ signature).sum(axis=1)
        fits = (sizes - self.places[where] >= shared) & (differ <= both - 2 * shared)
        return list(owners[fits].tolist())


def mark_index(texts: Sequence[str]) -> MarkIndex:
    """The index of the texts."""
    commonness = _commonness_of(texts)
    marks = _marks_of(texts, commonness)
    keys = _keys(marks.runs, marks.sizes[marks.owners])
    order = np.argsort(keys, kind="stable")
    return MarkIndex(keys[order], marks.owners[order], marks.places[order], marks, commonness)


def _commonness_of(texts: Sequence[str]) -> Words:
    """For each bucket of runs, the binary logarithm of how many the texts have, at most 31."""
    counts = np.zeros(_BUCKETS, dtype=np.int64)
    for chunk in _chunks(texts):
        counts += np.bincount(_bucket(_hashed(chunk)[1]), minlength=_BUCKETS)
    return np.minimum(np.log2(counts + 1), 31).astype(np.uint64)


def _marks_of(texts: Sequence[str], commonness: Words) -> Marks:
    """The marks of the texts. `commonness`: that of the runs, by bucket."""
    parts = []
    first = 0
    for chunk in _chunks(texts):
        parts.append(_marks(chunk, commonness, first))
        first += len(chunk)
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Marks(*map(np.concatenate, columns))


def least_shared(runs: Counts) -> Counts:
    """Fewest runs that a near copy shares with a text of this many runs."""
    return -(-MIN_TENTHS * runs // 10)


def _marks(texts: Sequence[str], commonness: Words, first: int) -> Marks:
    """The marks of a chunk. `first`: the place of its first text."""
    owners, hashes = _hashed(texts)
    runs = commonness[_bucket(hashes)] << _word(_HASH_BITS) | hashes >> _word(64 - _HASH_BITS)
    sorted_runs = np.sort(owners.astype(np.uint64) << _word(_RUN_BITS) | runs)
    sorted_runs = sorted_runs[np.diff(sorted_runs, prepend=~sorted_runs[:1]) != 0]
    owners = (sorted_runs >> _word(_RUN_BITS)).astype(np.int64)
    runs = sorted_runs & _word(2**_RUN_BITS - 1)
    sizes = np.bincount(owners, minlength=len(texts))
    starts = np.cumsum(sizes) - sizes
    places = np.arange(len(runs)) - starts[owners]
    signatures = np.zeros((len(texts), _SIGNATURE_WORDS), dtype=np.uint64)
    has_runs = np.flatnonzero(sizes)
    bits = _word(1) << (runs >> _word(2) & _word(63))
    for word in range(_SIGNATURE_WORDS if len(has_runs) else 0):
        own = np.where(runs % _word(_SIGNATURE_WORDS) == word, bits, _word(0))
        signatures[has_runs, word] = np.bitwise_xor.reduceat(own, starts[has_runs])
    is_mark = places <= (sizes - least_shared(sizes))[owners]
    return Marks(sizes, signatures, owners[is_mark] + first, places[is_mark], runs[is_mark])


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start, characters = 0, 0
    for number, text in enumerate(texts):
        characters += len(text)
        if characters >= _CHUNK_CHARACTERS or number + 1 - start == _CHUNK_TEXTS:
            yield texts[start : number + 1]
            start, characters = number + 1, 0
    if start < len(texts) or not texts:
        yield texts[start:]


def _hashed(texts: Sequence[str]) -> tuple[Counts, Words]:
    """For each run of the texts, the place of its text, and its hash."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    if len(codes) < RUN:
        return owners[:0], np.zeros(0, dtype=np.uint64)
    last = len(codes) - RUN + 1
    hashes = np.zeros(last, dtype=np.uint64)
    for offset in range(RUN):
        # A polynomial with an odd base, so that the order of the characters counts.
        hashes = hashes * _word(0x9E3779B97F4A7C15) + codes[offset : last + offset]
    within = owners[:last] == owners[RUN - 1 :]
    return owners[:last][within], _mixed(hashes[within])


def _mixed(values: Words) -> Words:
    """Spread each value over all 64 bits (the finaliser of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> _word(shift))) * _word(factor)
    return values ^ (values >> _word(31))


def _bucket(hashes: Words) -> Counts:
    return (hashes % _word(_BUCKETS)).astype(np.int64)


def _keys(runs: Words, sizes: Counts) -> Words:
    """Numbers that sort by the run, then by the size."""
    return runs << _word(64 - _RUN_BITS) | np.clip(sizes, 0, _MOST_SIZE).astype(np.uint64)


def _word(value: int) -> np.uint64:
    return np.uint64(value)
