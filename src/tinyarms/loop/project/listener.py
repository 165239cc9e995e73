"""What a long-running use case tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Estimate:
    """What a search will cost at most, said before it begins."""

    task_calls: int
    """Calls on search and selection examples."""
    test_calls: int
    """Calls of the offline gate on held-out examples."""
    seconds: float | None
    """Seconds of the model at its speed on this machine; `None` where that is not known yet."""
    tokens: int | None = None
    """Tokens of prompts and replies; `None` where that is not known yet."""
    writer_calls: int | None = None
    """As many writing calls as the skill's earlier searches made; `None` before the first."""


class Listener(Protocol):
    """Hears what happens. Nothing it does changes the result."""

    def estimate(self, estimate: Estimate) -> None:
        """Before the first call."""
        ...

    def progress(self, label: str, done: int, total: int, best: float | None, best_n: int) -> None:
        """After each call; `best` is the best accuracy so far, in [0, 1], over `best_n`."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...


class Silent:
    """A listener that does not listen."""

    def estimate(self, estimate: Estimate) -> None:
        pass

    def progress(self, label: str, done: int, total: int, best: float | None, best_n: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass
