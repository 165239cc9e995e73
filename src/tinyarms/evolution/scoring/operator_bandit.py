"""A bandit over operators: operators whose children beat their parents are tried more often."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tinyarms.evolution.candidate import Proposal
from tinyarms.evolution.constants import BANDIT_PRIOR_TRIES
from tinyarms.evolution.problem import Inherited


def choose_operator(
    weights: Mapping[str, float],
    proposals: Sequence[Proposal],
    rng: random.Random,
    inherited: Sequence[Inherited] = (),
) -> str:
    """Draw an operator by Thompson sampling on Beta(prior + wins, prior + tries − wins).

    A try is a proposal; it wins when its child beats its parent. `weights`: operator → starting
    weight (any positive scale). The results of other skills' searches (`inherited`) shift the
    prior, and count for at most as many tries as the prior. Source: Russo et al. 2018, "A Tutorial
    on Thompson Sampling".
    """
    top = max(weights.values())

    def draw(name: str) -> float:
        tried = [p for p in proposals if p.operator == name]
        wins = sum(p.beat_parent is True for p in tried)
        prior, strength = 0.5 * weights[name] / top, BANDIT_PRIOR_TRIES
        elsewhere = [learned for learned in inherited if learned.operator == name]
        tries = sum(learned.tries for learned in elsewhere)
        if tries:
            added = min(float(tries), BANDIT_PRIOR_TRIES)
            share = sum(learned.wins for learned in elsewhere) / tries
            prior = (prior * strength + share * added) / (strength + added)
            strength += added
        return rng.betavariate(strength * prior + wins, strength * (1 - prior) + len(tried) - wins)

    return max(sorted(weights), key=draw)
