"""What a long-running use case tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tinyarms.experiments.gate_outlook import GateOutlook
from tinyarms.loop.project.example_sets import ExamplesView


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
    gate: GateOutlook | None = None
    """How the examples are split, and whether the offline gate will run."""
    examples: ExamplesView | None = None
    """Which examples are used, and why others are left out."""


@dataclass(frozen=True)
class Progress:
    """How far one stage of a use case has come."""

    label: str
    """The name of the stage."""
    done: int
    total: int
    best: float | None = None
    """The best accuracy so far, in [0, 1]; `None` while none is measured."""
    best_n: int = 0
    """The number of examples behind `best`."""

    @property
    def tenth(self) -> tuple[str, int]:
        """The stage and the tenth of it that is done: what changes when a log gets a line."""
        return self.label, 10 * self.done // max(self.total, 1)


class Listener(Protocol):
    """Hears what happens. Nothing it does changes the result."""

    def estimate(self, estimate: Estimate) -> None:
        """Before the first call."""
        ...

    def progress(self, progress: Progress) -> None:
        """After each step of a stage, such as a model call."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...


class Silent:
    """A listener that does not listen."""

    def estimate(self, estimate: Estimate) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass

    def note(self, text: str) -> None:
        pass


SILENT: Listener = Silent()
