"""Helpers that write a line of text."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> from tinyarms.core.text import counted
    >>> counted(1, "gate"), counted(3, "gate")
    ('1 gate', '3 gates')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"
