"""Regular expressions that other people write: each search ends within a time limit.

A pattern is written in the syntax of Python's `re`. The library `regex` knows at once that most
runaway patterns cannot match, and stops the others at the limit. It reads the same syntax, but for
two marks that mean more to it, which are escaped first.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from tinyarms.core.errors import CheckTimeout
from tinyarms.core.text import one_line, shorten

if TYPE_CHECKING:
    import regex

LIMIT_S = 1.0
"""Most seconds of processor time for one search with a pattern. Higher: a pattern that runs away
holds its caller up longer. Lower: a slow machine stops patterns that would end."""
_SHOWN = 60


def check_pattern(pattern: str) -> None:
    """Raises `ValueError`, with the reason, unless the pattern is one of Python's `re`.

    Examples
    --------
    >>> from tinyarms.skills.patterns import check_pattern
    >>> check_pattern("(a")
    Traceback (most recent call last):
    ValueError: missing ), unterminated subpattern at position 0
    """
    _compiled(pattern)


def found_in(pattern: str, text: str) -> bool:
    """Whether the text contains a match, as `re.search` says.

    Raises `ValueError` as `check_pattern` does, and `CheckTimeout` where it takes too long.

    Examples
    --------
    >>> from tinyarms.skills.patterns import found_in
    >>> found_in("(a+)+b", "a" * 33)
    False
    """
    return _search(pattern, text, whole=False)


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the whole text is a match, as `re.fullmatch` says. Raises the same."""
    return _search(pattern, text, whole=True)


def _search(pattern: str, text: str, whole: bool) -> bool:
    compiled = _compiled(pattern)
    search = compiled.fullmatch if whole else compiled.search
    try:
        return search(text, timeout=LIMIT_S) is not None
    except TimeoutError:
        shown = repr(shorten(one_line(text), _SHOWN))
        raise CheckTimeout(
            f"The pattern {shorten(pattern, _SHOWN)} takes too long on {shown}.",
            "Write it without repeats inside of repeats, such as (a+)+ or (a|aa)*.",
        ) from None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Imported here, so that a project without a pattern does not pay for it.
    import regex

    try:
        with warnings.catch_warnings():
            # Both warn of sets inside of sets, which neither of them reads so.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
            return regex.compile(_as_re_reads_it(pattern), regex.VERSION0)
    except (re.error, regex.error) as error:
        raise ValueError(str(error)) from error
    except OverflowError as error:
        raise ValueError("a repeat is too large") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


_REPEAT_OR_SET = re.compile(
    r"\\N\{[^}]*\}|\\.|\{(?:\d+|\d*,\d*)\}|\[\^?\]?(?:\\.|[^\]\\])*\]|\{", re.DOTALL
)
"""An escape, a repeat such as `{2,3}`, a set, or a brace that begins no repeat."""


def _as_re_reads_it(pattern: str) -> str:
    r"""The pattern without what only `regex` knows: `(?:a){e<=1}` and `[[:alpha:]]`.

    Examples
    --------
    >>> from tinyarms.skills.patterns import _as_re_reads_it
    >>> print(_as_re_reads_it("(?:a){e<=1}[[:alpha:]]{2}"))
    (?:a)\{e<=1}[\[:alpha:]]{2}
    """

    def literal(match: re.Match[str]) -> str:
        part = match.group()
        if part == "{":
            return r"\{"
        if part[0] != "[":
            return part
        return "[" + re.sub(r"\\.|\[", lambda m: m[0] if m[0] != "[" else r"\[", part[1:])

    return _REPEAT_OR_SET.sub(literal, pattern)
