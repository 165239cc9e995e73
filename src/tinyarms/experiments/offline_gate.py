"""The offline gate: is the challenger better on held-out examples?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyarms.core.errors import UsageError
from tinyarms.stats.binomial import exact_sign_test


@dataclass(frozen=True)
class GateEvidence:
    """A challenger against the incumbent on the same `test` examples."""

    n: int
    """Examples that both were run on."""
    before: float | None
    """The incumbent's accuracy on them, in [0, 1]; `None` if n = 0."""
    after: float | None
    """The challenger's."""
    wins: int
    """Examples that only the challenger got right."""
    losses: int
    """Examples that only the incumbent got right."""
    p: float
    """One-sided p of the sign test."""
    threshold: float
    """`alpha` divided by the finalists."""
    passed: bool
    enough: bool
    """Whether n is at least the number of examples that the gate asks for."""
    reason: str

    @property
    def gain(self) -> float | None:
        """Accuracy gained, in [−1, 1]; `None` if n = 0."""
        return (self.wins - self.losses) / self.n if self.n else None


def paired_gate(
    incumbent_correct: Mapping[str, bool],
    challenger_correct: Mapping[str, bool],
    finalists: int,
    alpha: float = 0.05,
    min_examples: int = 100,
) -> GateEvidence:
    """Exact one-sided sign test on the examples where the two differ, at alpha / finalists.

    Both mappings are example id → success; only ids in both count. With the number of examples
    fixed beforehand, the chance that any of the finalists passes though none is better is at
    most `alpha` (Bonferroni). Too few examples never pass. Raises `UsageError` if there are no
    finalists.
    """
    if finalists < 1:
        raise UsageError(f"The offline gate was told of {finalists} finalists.", "Give 1 or more.")
    pairs = [
        (incumbent_correct[i], challenger_correct[i])
        for i in incumbent_correct.keys() & challenger_correct.keys()
    ]
    n = len(pairs)
    wins = sum(after and not before for before, after in pairs)
    losses = sum(before and not after for before, after in pairs)
    p, threshold, enough = exact_sign_test(wins, losses), alpha / finalists, n >= min_examples
    passed = enough and p <= threshold
    if enough:
        verdict = "passed" if passed else "not passed"
        reason = f"{wins} wins, {losses} losses on {n} examples: p {_shown(p)}, {verdict} "
        reason += f"(at most {threshold:.4g} passes)."
    else:
        reason = f"{n} examples are too few for the offline gate; it needs {min_examples}."
    return GateEvidence(
        n=n,
        before=sum(before for before, _ in pairs) / n if n else None,
        after=sum(after for _, after in pairs) / n if n else None,
        wins=wins,
        losses=losses,
        p=p,
        threshold=threshold,
        passed=passed,
        enough=enough,
        reason=reason,
    )


def _shown(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"
