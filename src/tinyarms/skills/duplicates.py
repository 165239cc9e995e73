"""Find inputs that are nearly the same, so that they are never in two splits.

Two inputs are nearly the same if they are equal after `folded`, or if the Jaccard similarity of
their sets of five-character runs is at least 0.9. However many texts there are, every pair is
found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tinyarms.skills.picture import all_identities
from tinyarms.skills.text_runs import are_similar, runs_of

if TYPE_CHECKING:
    from tinyarms.skills.run_marks import MarkIndex, Words


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
    to. `Originals` says how it is found.

    Examples
    --------
    >>> from tinyarms.skills.duplicates import near_copies
    >>> near_copies(["thequickbrownfoxjumpsoverthelazydogagain"], ["other"])
    {}
    >>> near_copies(["helloworld2"], ["helloworld2", "other"])
    {'helloworld2': 'helloworld2'}
    """
    wanted = list(dict.fromkeys(texts))
    if not wanted or not originals:
        return {}
    found = zip(wanted, Originals(originals).all_copies(wanted), strict=True)
    first = ((text, next(copies, None)) for text, copies in found)
    return {text: original for text, original in first if original is not None}


class Originals:
    """Folded texts, ready to find those that others are near copies of.

    Near copies have one of their rarest runs in common (Bayardo, Ma and Srikant, 2007). A pair that
    has one is compared only if the numbers of its runs, the places of the common run (PPJoin: Xiao
    et al., 2008) and its signatures (bitmap filter: Sandes et al., 2020) leave the similarity
    possible.

    Examples
    --------
    >>> from tinyarms.skills.duplicates import Originals
    >>> list(Originals(["helloworld2", "other"]).copies_of("helloworld2"))
    ['helloworld2']
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(dict.fromkeys(texts))
        self._known = frozenset(self._texts)

    def copies_of(self, text: str) -> Iterator[str]:
        """The originals that it is equal to or nearly the same as; the equal one comes first."""
        return self.all_copies([text])[0]

    def all_copies(self, texts: Sequence[str]) -> list[Iterator[str]]:
        """`copies_of` each of the texts."""
        marks, places = self._index.marks_and_ranges(texts)
        rows = zip(texts, places, marks.sizes.tolist(), marks.signatures, strict=True)
        return [self._copies(*row) for row in rows]

    def _copies(
        self, text: str, places: Sequence[slice], size: int, signature: Words
    ) -> Iterator[str]:
        if text in self._known:
            yield text
        runs, seen = runs_of(text) if places else frozenset(), {text}
        for place in places:
            for number in self._index.possible(place, size, signature):
                original = self._texts[number]
                if original not in seen and are_similar(runs, runs_of(original)):
                    yield original
                seen.add(original)

    @cached_property
    def _index(self) -> MarkIndex:
        from tinyarms.skills.run_marks import mark_index

        return mark_index(self._texts)
