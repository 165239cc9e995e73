"""Short ways to say things in a line of text."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The text without line ends, its words one space apart."""
    return " ".join(text.split())


def shorten(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and `mark` where it has more than `width` characters.

    >>> shorten("a long sentence", 8)
    'a long …'
    """
    return text if len(text) <= width else text[: width - len(mark)] + mark


def counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
