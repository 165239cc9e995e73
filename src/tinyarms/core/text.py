"""Helpers that write a line of text."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The text without line ends, its words one space apart."""
    return " ".join(text.split())


def shorten(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and `mark` where it has more than `width` characters.

    Examples
    --------
    >>> from tinyarms.core.text import shorten
    >>> shorten("a long sentence", 8)
    'a long …'
    """
    return text if len(text) <= width else text[: width - len(mark)] + mark


def counted(n: int, noun: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> from tinyarms.core.text import counted
    >>> counted(1, "gate"), counted(3, "gate")
    ('1 gate', '3 gates')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"
