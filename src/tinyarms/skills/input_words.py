"""Answers that are made of words of the inputs: a narrower constraint for each task.

A tiny model that writes a name of its own invents words. A server that enforces a grammar can hold
it to the words that are there, as extractive models are (See et al. 2017, arXiv 1704.04368, copy
words by a part of the network).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import mask
from tinyarms.skills.contract import Constraint, Contract, Pattern

MOST_WORDS = 80
"""Most words of the inputs that an answer may be made of; those after them are left out. Higher:
more of a long text, and a longer grammar in every call."""
MOST_LETTERS = 60
"""Most letters of such a word; longer ones are left out. Higher: longer words, and a pattern with
several classes in a row takes more time, which grows with a power of this."""
_CLASS = r"(?:\\[wd]|\[(?!\^)(?:\\.|[^\]\\])+\])(?:(?:[+*?]|\{\d+(?:,\d*)?\})\??)?"
_RUN = re.compile(rf"(?:{_CLASS})+|\\.")
"""Classes of characters in a row; or an escaped character, to skip it."""
_PROBES = ("aaaaaaaaa", "zzzzzzzzz", "AAAAAAAAA", "ZZZZZZZZZ", "Aaaaaaaaa", "ééééééééé")
"""A run that matches one of these can be a word. Longer: runs of a few letters are none."""
_WORD = re.compile(r"[^\W_]+")
_NOT_DECOMPOSED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "ı": "i", "đ": "d", "æ": "ae"})
"""Small letters that Unicode does not decompose into an ASCII letter and a mark."""


@dataclass(frozen=True)
class LimitedConstraint(Constraint):
    """The constraint of a pattern whose words are those of some texts."""

    pattern: str = ""
    """The pattern without the limit."""
    texts: tuple[str, ...] = ()
    """The texts that the words come from."""


def can_limit(contract: Contract) -> bool:
    """Whether the contract is a pattern with parts that are words.

    Examples
    --------
    >>> from tinyarms.skills.contract import Labels, Pattern
    >>> from tinyarms.skills.input_words import can_limit
    >>> [can_limit(c) for c in (Pattern("[a-z]+(-[a-z]+)*"), Pattern("[0-9]+"), Labels(("a",)))]
    [True, False, False]
    """
    return isinstance(contract, Pattern) and any(_runs(contract.pattern))


def check_words_from(names: Sequence[str], inputs: Sequence[str], where: str) -> None:
    """Raises `PromptError` if a name is not one of the skill's inputs. `where`: the file."""
    for name in names:
        if name not in inputs:
            raise PromptError(
                f"{where}: `words_from` names {name!r}, which is not an input of the skill.",
                f"The skill's inputs are {', '.join(inputs)}.",
            )


def limited(
    contract: Contract, inputs: Mapping[str, str], names: Sequence[str]
) -> Constraint | None:
    """The contract's constraint, where each word of the answer is one of the named inputs'.

    The contract's own constraint if it has no words, or these inputs have none that fit.

    Examples
    --------
    >>> from tinyarms.skills.contract import Pattern
    >>> from tinyarms.skills.input_words import limited
    >>> contract = Pattern("[a-z]+(-[a-z]+){1,3}")
    >>> limited(contract, {"content": "A red bridge."}, ["content"]).regex
    '(?:a|red|bridge)(-(?:a|red|bridge)){1,3}'
    """
    if not isinstance(contract, Pattern):
        return contract.constraint()
    return _limited(contract.pattern, tuple(inputs[name] for name in names if name in inputs))


def masked_constraint(
    constraint: Constraint | None, kinds: Collection[MaskKind]
) -> Constraint | None:
    """The constraint without words of private parts of the inputs."""
    if not isinstance(constraint, LimitedConstraint):
        return constraint
    texts = tuple(mask(text, kinds).text for text in constraint.texts)
    return _limited(constraint.pattern, texts)


def words_that_match(run: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The words of the texts in a form that the run of a pattern matches, each once, in order.

    A word is taken as it is, else in small letters, in small ASCII letters, or with a capital.

    Examples
    --------
    >>> from tinyarms.skills.input_words import words_that_match
    >>> words_that_match("[a-z]+", ["Brücke im Nebel, 2024"])
    ('brucke', 'im', 'nebel')
    """
    matches = re.compile(run).fullmatch
    found = dict[str, None]()
    for text in texts:
        for word in filter(_is_plain, _WORD.findall(text)):
            form = next(filter(matches, _forms(word)), "")
            if form:
                found.setdefault(form)
            if len(found) == MOST_WORDS:
                return tuple(found)
    return tuple(found)


def _limited(pattern: str, texts: tuple[str, ...]) -> Constraint:
    words = {run: words_that_match(run, texts) for run in _runs(pattern)}
    plain = Pattern(pattern).constraint()
    if not words or not all(words.values()):
        return plain

    def one_of(match: re.Match[str]) -> str:
        run = match.group()
        return f"(?:{'|'.join(words[run])})" if run in words else run

    narrow = _RUN.sub(one_of, pattern)
    try:
        made = Pattern(narrow).constraint()
    except ConfigError:  # a part that the grammar cannot say once it is narrow
        return plain
    return LimitedConstraint(
        grammar=made.grammar, schema=made.schema, regex=narrow, pattern=pattern, texts=texts
    )


@lru_cache(maxsize=64)
def _runs(pattern: str) -> tuple[str, ...]:
    """The parts of the pattern that words match, each once."""
    found = dict.fromkeys(match.group() for match in _RUN.finditer(pattern))
    return tuple(run for run in found if _is_of_words(run))


def _is_of_words(run: str) -> bool:
    try:
        compiled = re.compile(run)
    except re.error:
        return False
    return any(map(compiled.fullmatch, _PROBES)) and compiled.fullmatch(" " * 9) is None


def _is_plain(word: str) -> bool:
    """Whether every library takes it for a word: some do not count the superscript `²` as one."""
    return len(word) <= MOST_LETTERS and all(
        letter.isalpha() or letter.isdecimal() for letter in word
    )


def _forms(word: str) -> Iterator[str]:
    yield word
    small = word.lower()
    yield small
    plain = unicodedata.normalize("NFKD", small.translate(_NOT_DECOMPOSED))
    ascii = plain.encode("ascii", "ignore").decode()
    yield ascii
    yield small.capitalize()
    yield ascii.capitalize()
