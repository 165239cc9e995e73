"""The progress reports of long-running use cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tinyarms.core.prices import Money
from tinyarms.experiments.gate_outlook import GateOutlook
from tinyarms.loop.project.example_sets import ExamplesView


@dataclass(frozen=True)
class Estimate:
    """The highest cost of a search, reported before it begins."""

    task_calls: int
    """Calls on search and selection examples."""
    test_calls: int
    """Calls of the offline gate on held-out examples."""
    seconds: float | None
    """Seconds of model time at its speed on this machine; `None` if not known yet."""
    tokens: int | None = None
    """Tokens of prompts and replies; `None` if not known yet."""
    writer_calls: int | None = None
    """Writer calls, estimated from the skill's earlier searches; `None` before the first."""
    gate: GateOutlook | None = None
    """How the examples are split, and whether the offline gate will run."""
    money: Money | None = None
    """US dollars by role, from the skill's earlier calls, or from its prompts before the first."""
    examples: ExamplesView | None = None
    """Which examples are used, and why others are left out."""
    scorer_calls: int = 0
    """The most calls of the scorers `judge` and `checks` to a judge, which no budget limits."""


@dataclass(frozen=True)
class Progress:
    """The progress of one stage of a use case."""

    label: str
    """The name of the stage."""
    done: int
    total: int
    best: float | None = None
    """The best accuracy so far, in [0, 1]; `None` before the first measurement."""
    best_n: int = 0
    """The number of examples that `best` is over."""
    money: Money | None = None
    """What the search has cost so far; `None` for other use cases."""

    @property
    def tenth(self) -> tuple[str, int]:
        """The stage and its finished tenths; a log writes a line when this changes."""
        return self.label, 10 * self.done // max(self.total, 1)


class Listener(Protocol):
    """Receives progress reports. It cannot change the result."""

    def estimate(self, estimate: Estimate) -> None:
        """Before the first call."""
        ...

    def progress(self, progress: Progress) -> None:
        """After each step of a stage, such as a model call."""
        ...

    def note(self, text: str) -> None:
        """A sentence for the user."""
        ...


class Silent:
    """A listener that ignores all reports."""

    def estimate(self, estimate: Estimate) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass

    def note(self, text: str) -> None:
        pass


SILENT: Listener = Silent()
