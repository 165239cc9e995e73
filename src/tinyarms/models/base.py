"""What every model of this package is: one that is closed at the end."""

from __future__ import annotations

from typing import Protocol

from tinyarms.skills.execution import LanguageModel

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Host names of this machine."""


class Model(LanguageModel, Protocol):
    """A language model that holds connections or a process until it is closed."""

    @property
    def slots(self) -> int:
        """How many calls it may be given at once."""
        ...

    def close(self) -> None:
        """Let go of what it holds. Called once, at the end."""
        ...
