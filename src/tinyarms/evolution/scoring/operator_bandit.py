"""A bandit over operators: those whose children beat their parents are tried more often."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tinyarms.evolution.candidate import Proposal
from tinyarms.evolution.problem import Inherited

_PRIOR_TRIES = 4.0
"""How many tries the starting weights are worth."""


def choose_operator(
    weights: Mapping[str, float],
    proposals: Sequence[Proposal],
    rng: random.Random,
    inherited: Sequence[Inherited] = (),
) -> str:
    """Thompson sampling on Beta(prior + wins, prior + tries − wins) for each operator.

    A try is a proposal; it wins when its child beat its parent. `weights`: operator → starting
    weight (any positive scale). What other skills' searches saw (`inherited`) shifts the prior,
    and is worth as many tries as the prior at most. Source: Russo et al. 2018, "A Tutorial on
    Thompson Sampling".
    """
    top = max(weights.values())

    def draw(name: str) -> float:
        tried = [p for p in proposals if p.operator == name]
        wins = sum(p.beat_parent is True for p in tried)
        prior, strength = 0.5 * weights[name] / top, _PRIOR_TRIES
        told = [each for each in inherited if each.operator == name]
        tries = sum(each.tries for each in told)
        if tries:
            added = min(float(tries), _PRIOR_TRIES)
            share = sum(each.wins for each in told) / tries
            prior = (prior * strength + share * added) / (strength + added)
            strength += added
        return rng.betavariate(strength * prior + wins, strength * (1 - prior) + len(tried) - wins)

    return max(sorted(weights), key=draw)
