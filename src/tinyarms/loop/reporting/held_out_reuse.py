"""Show how much earlier gates have reused a skill's test set."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tinyarms.experiments.held_out_reuse import reuse
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ReuseView:
    """How often a skill's test set was read, and the effect on later results."""

    gates: int
    """Number of offline gates that have read it."""
    prompts: int
    """Number of prompts that were tested on it."""
    family_error: float
    """Upper bound of the probability that a gate passed a prompt that is no better, in [0, 1]."""
    optimism: float
    """Upper bound of the mean excess of the best measured accuracy over the true one, in
    [0, 1]."""
    sentence: str
    """The effect in words."""


def reuse_view(work: UnitOfWork, skill: str, alpha: float) -> ReuseView | None:
    """The reuse of a skill's test set; `None` without test examples.

    `alpha`: the error bound of one gate, in (0, 1).
    """
    examples = work.examples.held_out(skill)
    if not examples:
        return None
    gates, prompts = work.examples.test_gates(skill)
    return ReuseView(**asdict(reuse(gates, prompts, examples, alpha)))
