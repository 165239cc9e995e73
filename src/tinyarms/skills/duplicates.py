"""Find inputs that are nearly the same, so that they are never in two splits.

Two inputs are nearly the same if they are equal after `folded`, or if the Jaccard similarity of
their sets of five-character runs is at least 0.9.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from tinyarms.skills.picture import all_identities

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.uint64]

RUN = 5
"""Characters of a run. Longer: one changed character touches more runs, so texts must be closer."""
MIN_TENTHS = 9
"""Smallest Jaccard similarity of near copies, in tenths. Lower: more texts count as near copies."""
EXACT_ROWS = 5000
"""Most originals of which every pair is found; of more, MinHash finds nearly every pair."""
BANDS, BAND_ROWS = 20, 5
"""MinHash bands and rows per band: a pair is compared if it agrees in all rows of a band. A pair
that is just similar enough is missed once in 50 million times. More bands miss fewer pairs and take
longer."""


def folded(inputs: Mapping[str, str]) -> str:
    """The inputs as one text for comparison: NFKC, case removed, only letters and digits.

    An input without any letter or digit is kept whole. A picture counts as its hash.

    Examples
    --------
    >>> from tinyarms.skills.duplicates import folded
    >>> folded({"text": "Ｈｅｌｌｏ, World 2!"})
    'helloworld2'
    """
    return all_folded([inputs])[0]


def all_folded(inputs_of_each: Sequence[Mapping[str, str]]) -> list[str]:
    """`folded` of the inputs of each example."""
    values = [inputs[name] for inputs in inputs_of_each for name in sorted(inputs)]
    texts = map(_folded, all_identities(values))
    return ["\n".join(next(texts) for _ in inputs) for inputs in inputs_of_each]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(char for char in plain if char.isalnum()) or plain.strip()


def near_copies(texts: Sequence[str], originals: Sequence[str]) -> dict[str, str]:
    """Map each of the folded `texts` that is a near copy to the folded original it is nearly equal
    to.

    Up to `EXACT_ROWS` originals, every pair is found: near copies share one of their rarest
    runs (Bayardo, Ma and Srikant, 2007). Beyond that, MinHash proposes the pairs (Broder, 1997).
    Either way, a pair counts only if it is similar enough.

    Examples
    --------
    >>> from tinyarms.skills.duplicates import near_copies
    >>> near_copies(["thequickbrownfoxjumpsoverthelazydogagain"], ["other"])
    {}
    >>> near_copies(["helloworld2"], ["helloworld2", "other"])
    {'helloworld2': 'helloworld2'}
    """
    known = Originals(originals)
    first = ((text, next(known.copies_of(text), None)) for text in dict.fromkeys(texts))
    return {text: original for text, original in first if original is not None}


class Originals:
    """Folded texts, ready to find those that others are near copies of.

    Up to `EXACT_ROWS` of them, every pair is found; `near_copies` says how.

    Examples
    --------
    >>> from tinyarms.skills.duplicates import Originals
    >>> list(Originals(["helloworld2", "other"]).copies_of("helloworld2"))
    ['helloworld2']
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = dict.fromkeys(texts)
        self._marks = _rarest_runs(self._texts) if len(self._texts) <= EXACT_ROWS else _bands
        self._by_mark: defaultdict[object, list[str]] = defaultdict(list)
        for text in self._texts:
            for mark in self._marks(text):
                self._by_mark[mark].append(text)

    def copies_of(self, text: str) -> Iterator[str]:
        """The originals that it is equal to or nearly the same as; the equal one comes first."""
        if text in self._texts:
            yield text
        runs = _runs(text)
        candidates = dict.fromkeys(o for m in self._marks(text) for o in self._by_mark.get(m, ()))
        yield from (o for o in candidates if o != text and _similar(runs, _runs(o)))


def _rarest_runs(texts: Iterable[str]) -> Callable[[str], Iterable[object]]:
    """A function that gives enough of a text's rarest runs that each near copy has one of them."""
    counts = Counter(run for text in texts for run in _runs(text))

    def rarest(text: str) -> Iterable[object]:
        runs = sorted(_runs(text))  # the same tie order in all texts
        runs.sort(key=lambda run: counts[run])
        return runs[: len(runs) - _least_shared(len(runs)) + 1]

    return rarest


def _bands(text: str) -> Iterable[object]:
    """The bands of a text's MinHash signature; empty for a text without a run."""
    import numpy as np

    if len(text) < RUN:
        return ()
    powers, seeds = _factors()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    windows = np.lib.stride_tricks.sliding_window_view(codes.astype(np.uint64), RUN)
    runs = _mixed((windows * powers).sum(axis=1, dtype=np.uint64))
    least = _mixed(np.unique(runs)[:, None] ^ seeds).min(axis=0)
    return [(band, row.tobytes()) for band, row in enumerate(least.reshape(BANDS, BAND_ROWS))]


@cache
def _factors() -> tuple[Numbers, Numbers]:
    """Factors for the characters of a run, and a seed for each row of each band."""
    import numpy as np

    powers = np.array([0x9E3779B97F4A7C15**n % 2**64 for n in range(RUN)], dtype=np.uint64)
    counting = np.arange(1, BANDS * BAND_ROWS + 1, dtype=np.uint64)
    return powers, _mixed(counting * powers[1])


def _mixed(values: Numbers) -> Numbers:
    """Spread each value over all 64 bits (the finaliser of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> values.dtype.type(shift))) * values.dtype.type(factor)
    return values ^ (values >> values.dtype.type(31))


def _runs(text: str) -> frozenset[str]:
    return frozenset(map("".join, zip(*(text[start:] for start in range(RUN)), strict=False)))


def _similar(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared > 0 and 10 * shared >= MIN_TENTHS * (len(one) + len(other) - shared)


def _least_shared(runs: int) -> int:
    """Fewest runs that a near copy shares with a text of this many runs."""
    return -(-MIN_TENTHS * runs // 10)
