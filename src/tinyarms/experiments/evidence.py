"""The offline gate's evidence on one challenger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateEvidence:
    """A prompt against the one in production on the same examples.

    In the offline gate a challenger, on `test` examples; in a refresh the same prompt with a new
    memory, on `search` and `selection` examples.
    """

    n: int
    """Examples that both answered."""
    before: float | None
    """The incumbent's accuracy on them, in [0, 1]; `None` if n = 0."""
    after: float | None
    """The challenger's accuracy on them, in [0, 1]; `None` if n = 0."""
    wins: int
    """Examples that only the challenger got right."""
    losses: int
    """Examples that only the incumbent got right."""
    p: float
    """The one-sided p, in (0, 1]: of the sign test, or in a refresh of the test that it is not
    worse by 3 points."""
    threshold: float
    """The largest p that passes: `alpha` divided by the number of finalists; 0.05 in a refresh."""
    passed: bool
    """Whether the challenger passed."""
    enough: bool
    """Whether n is at least the number of examples that the gate needs."""
    reason: str

    @property
    def gain(self) -> float | None:
        """Accuracy gained, in [−1, 1]; `None` if n = 0."""
        return (self.wins - self.losses) / self.n if self.n else None
