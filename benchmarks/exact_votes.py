"""The exact operating characteristics of other rules, vote by vote, beside the product's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinyarms.experiments.rules.sign_e_process import needed_e_value
from tinyarms.experiments.simulation.operating_characteristics import (
    OperatingCharacteristics,
    operating_characteristics,
)
from tinyarms.stats.e_process import sign_e_value

__all__ = [
    "OperatingCharacteristics",
    "characteristics_of_counts",
    "e_process_promotes",
    "operating_characteristics",
]

Array = np.ndarray[Any, np.dtype[Any]]


def e_process_promotes(theta: float, challengers: int, votes: int) -> Array:
    """(votes + 1,): the probability that the sign e-process has promoted a challenger by vote n.

    Every vote compares it with the incumbent; the challenger wins with probability `theta`.
    """
    needed = needed_e_value(challengers)
    at = np.zeros(votes + 2)
    at[0] = 1.0
    promoted = np.zeros(votes + 1)
    wins = outs = 0
    for n in range(1, votes + 1):
        moved = at * (1 - theta)
        moved[1:] += at[:-1] * theta
        # Evidence only grows with wins, and the required wins only grow with votes.
        while wins <= n and sign_e_value(wins, n - wins) < needed:
            wins += 1
        while outs <= n and sign_e_value(n - outs, outs) >= needed:
            outs += 1
        promoted[n] = promoted[n - 1] + moved[wins:].sum()
        moved[wins:] = 0
        moved[:outs] = 0
        at = moved
    return promoted


Winner = Callable[[int, tuple[int, int, int]], int | None]
"""(vote n, picks of each option) → the option declared the winner now, if there is one."""


def characteristics_of_counts(
    winner: Winner, limit: int, shares: Sequence[float]
) -> tuple[Array, float]:
    """Exact probability of each of three options to be declared the winner, and the mean votes."""
    at = {(0, 0, 0): 1.0}
    declared, votes = np.zeros(3), 0.0
    for n in range(1, limit + 1):
        votes += sum(at.values())
        moved: dict[tuple[int, int, int], float] = {}
        for (a, b, c), chance in at.items():
            for state, share in zip(
                ((a + 1, b, c), (a, b + 1, c), (a, b, c + 1)), shares, strict=True
            ):
                moved[state] = moved.get(state, 0.0) + chance * share
        at = {}
        for state, chance in moved.items():
            won = winner(n, state)
            if won is None:
                at[state] = chance
            else:
                declared[won] += chance
    return declared, votes
