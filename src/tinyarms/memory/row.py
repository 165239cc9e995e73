"""One remembered example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What is remembered of an example."""

    id: str
    inputs: Mapping[str, str]
    """The name of each input and its text."""
    expected: str
    """The right output."""
    user: str = ""
    """The user whom it comes from; empty: nobody."""
