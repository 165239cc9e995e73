"""The exact operating characteristics of a live test, by dynamic programming over all leads.

The boundaries are the rule's own (`boundary`, `limit_lead`, `is_out`). This module repeats only one
fact about the rules: of two challengers with equal leads, the first in order wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from tinyarms.experiments.rules.lead_rule import Duel, LeadRule
from tinyarms.stats.arrays import Array

_BATCH_SIZE = 2_000_000
"""Probabilities in memory at a time: states × scenarios. More is faster, and each takes 8 bytes in
each array."""


@dataclass(frozen=True)
class OperatingCharacteristics:
    """The operating characteristics of a test: one row for each scenario."""

    promoted: Array
    """(scenarios, challengers): the probability that the test promotes each challenger."""
    votes: Array
    """(scenarios,): the mean number of votes."""

    @property
    def any_promoted(self) -> Array:
        return np.asarray(self.promoted.sum(axis=1))


def operating_characteristics(
    rule: LeadRule,
    limit: int,
    shares: Sequence[Sequence[float]],
    steps: Sequence[Sequence[int]] | None = None,
) -> OperatingCharacteristics:
    """The exact operating characteristics of a test of at most `limit` votes.

    Parameters
    ----------
    shares
        One row for each scenario: how often users pick the incumbent, the first challenger, and so
        on. Each row sums to 1; every ballot shows all arms.
    steps
        What each kind of vote adds to the lead of each challenger: one row for each column of
        `shares`. `None`: each vote picks one arm. If several arms give the same output, a pick of
        it adds 1 to the lead of each of them, unless the incumbent gave it too.

    Examples
    --------
    Users like a challenger as well as the incumbent, or prefer it 60:40:

    >>> from tinyarms.experiments.simulation.operating_characteristics import (
    ...     operating_characteristics,
    ... )
    >>> from tinyarms.experiments.rules.taste_only import TasteOnly
    >>> result = operating_characteristics(TasteOnly(50), 50, [(0.5, 0.5), (0.4, 0.6)])
    >>> result.promoted.round(3)
    array([[0.037],
           [0.311]])
    >>> result.votes.round(1)
    array([25.1, 31. ])
    """
    scenarios = np.asarray(shares, dtype=float)
    kinds = _picks_of_one_arm(scenarios.shape[1] - 1) if steps is None else steps
    walk = _Walk(rule, limit, kinds)
    size = max(1, _BATCH_SIZE // walk.states)
    parts = [walk.run(scenarios[i : i + size]) for i in range(0, len(scenarios), size)]
    return OperatingCharacteristics(
        np.concatenate([part.promoted for part in parts]),
        np.concatenate([part.votes for part in parts]),
    )


def _picks_of_one_arm(challengers: int) -> list[list[int]]:
    """The steps of a vote for the incumbent, for the first challenger, and so on."""
    numbers = range(challengers)
    return [[-1] * challengers, *([int(i == pick) for i in numbers] for pick in numbers)]


class _Walk:
    """A random walk over all combinations of the challengers' leads."""

    def __init__(self, rule: LeadRule, limit: int, steps: Sequence[Sequence[int]]) -> None:
        challengers = len(steps[0])
        self.rule, self.limit, self.challengers = rule, limit, challengers
        self.boundaries = [rule.boundary(n, challengers) for n in range(1, limit + 1)]
        top = min(limit, max(boundary.promote_at for boundary in self.boundaries))
        side = np.arange(-limit, top + 1)
        grid = np.meshgrid(*[side] * challengers, indexing="ij")
        self.leads = np.stack([axis.ravel() for axis in grid])
        self.states = self.leads.shape[1]
        out = np.array([_is_out(rule, int(lead), challengers) for lead in side])
        self.moves = [self._move(side, out, step) for step in steps]

    def _move(self, side: Array, out: Array, step: Sequence[int]) -> Any:
        """The transition matrix of a kind of vote; states at the edge do not move."""
        target = np.zeros(self.states, dtype=int)
        for i, lead in enumerate(self.leads):
            moved = np.where(out[lead + self.limit], lead, lead + step[i])
            target = target * len(side) + np.clip(moved, side[0], side[-1]) + self.limit
        where = (target, np.arange(self.states))
        return scipy.sparse.csr_array((np.ones(self.states), where), (self.states, self.states))

    def run(self, scenarios: Array) -> OperatingCharacteristics:
        mass = np.zeros((self.states, len(scenarios)))
        mass[np.flatnonzero((self.leads == 0).all(axis=0))] = 1.0
        promoted = np.zeros((len(scenarios), self.challengers))
        votes = np.zeros(len(scenarios))
        best, first = self.leads.max(axis=0), self.leads.argmax(axis=0)
        for promote_at, keep_below in self.boundaries:
            votes += mass.sum(axis=0)
            mass = sum(move @ (mass * scenarios[:, pick]) for pick, move in enumerate(self.moves))
            goes_on = np.ones(self.states, dtype=bool)
            for i, lead in enumerate(self.leads):
                wins = goes_on & (lead >= promote_at)
                promoted[:, i] += mass[wins].sum(axis=0)
                goes_on &= ~wins
            if keep_below is not None:
                goes_on &= best >= keep_below
            mass[~goes_on] = 0
        needed = self.rule.limit_lead(self.limit, self.challengers)
        if needed is not None:
            for i in range(self.challengers):
                promoted[:, i] += mass[(first == i) & (best >= needed)].sum(axis=0)
        return OperatingCharacteristics(promoted, votes)


def _is_out(rule: LeadRule, lead: int, challengers: int) -> bool:
    return rule.is_out(Duel(max(lead, 0), max(-lead, 0)), challengers)
