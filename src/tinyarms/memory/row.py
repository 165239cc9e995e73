"""One remembered example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """What is remembered of an example.

    A tuple, because thousands are made each time that a memory is opened.
    """

    id: str
    inputs: Mapping[str, str]
    """The name of each input and its text."""
    expected: str
    """The right output."""
    user: str = ""
    """Hash of the user whom it comes from; empty: nobody."""
