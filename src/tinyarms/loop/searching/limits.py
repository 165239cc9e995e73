"""What the limits of a task's cost left out of a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tinyarms.core.text import counted
from tinyarms.evolution.protocol import Outcome


def left_out_by_limits(outcome: Outcome) -> Mapping[str, int]:
    """Name of a limit under `evolution.limits` → number of candidates that exceed it."""
    return dict(sorted(Counter(outcome.over_limits.values()).items()))


def limits_text(outcome: Outcome) -> str:
    """How many candidates the limits left out, in a sentence; empty if none."""
    left_out = left_out_by_limits(outcome)
    if not left_out:
        return ""
    by_limit = ", ".join(f"{n} by {name}" for name, n in left_out.items())
    tried = counted(len(outcome.fitness), "candidate")
    return f"evolution.limits left out {sum(left_out.values())} of {tried}: {by_limit}."
