"""What becomes of a live test, exactly: dynamic programming over all leads, vote by vote.

The boundaries are the rule's own (`boundary`, `limit_lead`, `is_out`): nothing of a rule is written
down here a second time but that the first challenger in order comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from tinyarms.experiments.rules.lead_rule import Duel, LeadRule
from tinyarms.stats.arrays import Array

_AT_ONCE = 2_000_000
"""Probabilities held at a time."""


@dataclass(frozen=True)
class Fate:
    """What becomes of sessions: one row a world."""

    promoted: Array
    """(worlds, challengers): the probability of each one's promotion."""
    votes: Array
    """(worlds,): mean votes."""

    @property
    def any_promoted(self) -> Array:
        return np.asarray(self.promoted.sum(axis=1))


def fate(rule: LeadRule, limit: int, shares: Sequence[Sequence[float]]) -> Fate:
    """Exact fate of a test of `limit` votes.

    `shares`: one row a world: how often users pick the incumbent, the first challenger … (each
    row sums to 1); every ballot shows them all.
    """
    worlds = np.asarray(shares, dtype=float)
    walk = _Walk(rule, limit, worlds.shape[1] - 1)
    size = max(1, _AT_ONCE // walk.states)
    parts = [walk.run(worlds[i : i + size]) for i in range(0, len(worlds), size)]
    return Fate(
        np.concatenate([part.promoted for part in parts]),
        np.concatenate([part.votes for part in parts]),
    )


class _Walk:
    """All states that the leads of so many challengers can be in."""

    def __init__(self, rule: LeadRule, limit: int, challengers: int) -> None:
        self.rule, self.limit, self.challengers = rule, limit, challengers
        self.boundaries = [rule.boundary(n, challengers) for n in range(1, limit + 1)]
        top = min(limit, max(each.promote_at for each in self.boundaries))
        side = np.arange(-limit, top + 1)
        grid = np.meshgrid(*[side] * challengers, indexing="ij")
        self.leads = np.stack([axis.ravel() for axis in grid])
        self.states = self.leads.shape[1]
        out = np.array([_is_out(rule, int(lead), challengers) for lead in side])
        self.moves = [self._move(side, out, pick) for pick in range(challengers + 1)]

    def _move(self, side: Array, out: Array, pick: int) -> Any:
        """Where a pick (0: the incumbent) takes each state; those beyond the edge have stopped."""
        target = np.zeros(self.states, dtype=int)
        for i, lead in enumerate(self.leads):
            step = -1 if pick == 0 else int(pick == i + 1)
            moved = np.where(out[lead + self.limit], lead, lead + step)
            target = target * len(side) + np.clip(moved, side[0], side[-1]) + self.limit
        where = (target, np.arange(self.states))
        return scipy.sparse.csr_array((np.ones(self.states), where), (self.states, self.states))

    def run(self, worlds: Array) -> Fate:
        at = np.zeros((self.states, len(worlds)))
        at[np.flatnonzero((self.leads == 0).all(axis=0))] = 1.0
        promoted = np.zeros((len(worlds), self.challengers))
        votes = np.zeros(len(worlds))
        best, first = self.leads.max(axis=0), self.leads.argmax(axis=0)
        for promote_at, keep_below in self.boundaries:
            votes += at.sum(axis=0)
            at = sum(move @ (at * worlds[:, pick]) for pick, move in enumerate(self.moves))
            goes_on = np.ones(self.states, dtype=bool)
            for i, lead in enumerate(self.leads):
                wins = goes_on & (lead >= promote_at)
                promoted[:, i] += at[wins].sum(axis=0)
                goes_on &= ~wins
            if keep_below is not None:
                goes_on &= best >= keep_below
            at[~goes_on] = 0
        needed = self.rule.limit_lead(self.limit, self.challengers)
        if needed is not None:
            for i in range(self.challengers):
                promoted[:, i] += at[(first == i) & (best >= needed)].sum(axis=0)
        return Fate(promoted, votes)


def _is_out(rule: LeadRule, lead: int, challengers: int) -> bool:
    return rule.is_out(Duel(max(lead, 0), max(-lead, 0)), challengers)
