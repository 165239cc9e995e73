"""The offline gate's evidence on one challenger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateEvidence:
    """A challenger against the incumbent on the same `test` examples."""

    n: int
    """Examples that both prompts answered."""
    before: float | None
    """The incumbent's accuracy on them, in [0, 1]; `None` if n = 0."""
    after: float | None
    """The challenger's accuracy on them, in [0, 1]; `None` if n = 0."""
    wins: int
    """Examples that only the challenger got right."""
    losses: int
    """Examples that only the incumbent got right."""
    p: float
    """The one-sided p of the sign test, in (0, 1]."""
    threshold: float
    """The largest p that passes: `alpha` divided by the number of finalists."""
    passed: bool
    """Whether the challenger passed."""
    enough: bool
    """Whether n is at least the number of examples that the gate needs."""
    reason: str

    @property
    def gain(self) -> float | None:
        """Accuracy gained, in [−1, 1]; `None` if n = 0."""
        return (self.wins - self.losses) / self.n if self.n else None
