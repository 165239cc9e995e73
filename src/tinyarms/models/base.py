"""The base type of all models of this package: a language model that must be closed."""

from __future__ import annotations

from typing import Protocol

from tinyarms.skills.execution import LanguageModel

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Host names of this machine."""


class Model(LanguageModel, Protocol):
    """A language model that holds connections or a process until it is closed."""

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        ...

    def close(self) -> None:
        """Release its connections or its process. Called once, at the end."""
        ...
