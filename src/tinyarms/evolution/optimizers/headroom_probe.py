"""The headroom probe: spend a twentieth of a search's calls to see whether it is worth running.

Many optimisation runs end below the prompt that they began with (49 % of 72 in arXiv 2604.14585).
Most of the probe's calls run the incumbent. The others run two variations that need no writer: the
limit to words of the inputs, or where it does not apply the contract's wording or the description;
and a set of demonstrations (retrieved ones, if the search has a memory). The search begins with the
same examples, so no call is made twice.

- Worth it: a variation, or the incumbent with calibrated labels, is better on the same examples
  (exact sign tests at 0.1 divided by their number; each calibration is fitted without the example
  that it is tested on).
- Not worth it: the incumbent is right on everything that it was asked, which ends the probe at
  once, and is all that is asked where the budget is too small for more; or it is right so often
  that less than 0.05 can be gained; or no prompt tried is ever right; or the label probabilities
  tell the labels apart no better than chance. The last reason does not apply to more than four
  labels, where demonstrations of each label may still help, nor to a search with a memory, whose
  examples may know what the model does not.
- Cannot tell: anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import scipy

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.constants import (
    FEW_DEMONSTRATIONS,
    MIN_ALWAYS_RIGHT,
    MIN_CALIBRATION_EXAMPLES,
    MIN_PROBE_CALLS,
    PROBE_ALPHA,
    PROBE_CHANCE_SEPARATION,
    PROBE_DIVISOR,
    PROBE_MAX_ERROR,
    PROBE_MIN_GAIN,
)
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.without_model.demonstrations import ChooseDemonstrations
from tinyarms.evolution.operators.without_model.input_words import LimitWords
from tinyarms.evolution.operators.without_model.retrieval import RetrieveDemonstrations
from tinyarms.evolution.operators.without_model.wording import Describe, WordContract
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.calibration import probability
from tinyarms.evolution.scoring.reading import calibration_of
from tinyarms.evolution.scoring.scoreboard import scoreboard_of
from tinyarms.evolution.scoring.stratify import split_demonstrations
from tinyarms.evolution.side_by_side import Part
from tinyarms.stats.binomial import exact_sign_test, paired_counts
from tinyarms.stats.concordance import concordant_pairs


@dataclass(frozen=True)
class ProbeReport:
    """The result of a headroom probe."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    reason: str
    """One sentence with the numbers."""
    calls: int
    """Task calls that it used, cache hits excluded."""
    numbers: Mapping[str, float]


def probe_calls(calls: int) -> int:
    """Most task calls of the probe, for a search with a budget of `calls`.

    If the budget is too small for a probe, only the incumbent is run. The search needs these calls
    anyway.
    """
    share = calls // PROBE_DIVISOR
    return share if share >= MIN_PROBE_CALLS else min(MIN_ALWAYS_RIGHT, calls)


class Probe(PopulationSearch):
    """The probe: an optimiser whose only result is a report."""

    def __init__(self, problem: Problem, *, asks_incumbent_first: bool = True) -> None:
        """`asks_incumbent_first`: whether a prompt that is always right ends the probe."""
        self._asks_first = asks_incumbent_first
        pool, race = split_demonstrations(problem)
        self._examples = len(race)
        self._labels = problem.contract.labels
        board = scoreboard_of(problem, race)
        super().__init__(problem, board, pool)
        self.report = ProbeReport("cannot_tell", "The budget is too small for a probe.", 0, {})

    def search(self) -> Steps:
        calls = probe_calls(self.problem.calls)
        whole = calls >= MIN_PROBE_CALLS
        if not whole and not self._asks_first:
            return
        incumbent = self.admit("incumbent", self.problem.incumbent)
        asked = (6 if self._labels else 4) * calls // 10 if whole else calls
        least = min(MIN_ALWAYS_RIGHT, calls) if self._asks_first else 0
        yield from self.extend([incumbent], max(asked, least))
        if self._asks_first and self._always_right(incumbent):
            n = self.board.n(incumbent)
            reason = f"The prompt is right on all {n} examples that it was asked."
            self.report = ProbeReport("not_worth_it", reason, self.used, {"right": n, "n": n})
            return
        if not whole:
            return
        variations = yield from self._variations(incumbent)
        for index, candidate in enumerate(variations):
            share = (calls - self.used) // (len(variations) - index)
            yield from self.extend([candidate], min(share, self.board.n(incumbent)))
        self.report = self._reported(incumbent, variations)

    def _always_right(self, candidate: Candidate) -> bool:
        """Whether it was right on everything, and on enough examples to end the search."""
        n = self.board.n(candidate)
        enough = n >= min(MIN_ALWAYS_RIGHT, self._examples)
        return n > 0 and enough and all(self.board.plain_successes(candidate))

    def _variations(self, incumbent: Candidate) -> Part:
        variations: list[Candidate] = []
        copies = bool(self.problem.copied_inputs)
        groups: tuple[tuple[Operator, ...], ...] = (
            (LimitWords(),) if copies else (WordContract(), Describe()),
            (ChooseDemonstrations() if self.problem.memory is None else RetrieveDemonstrations(),),
        )
        for group, operators in enumerate(groups):
            for slot, operator in enumerate(operators):
                rng = self.random_at(group, slot)
                proposal = yield from self.propose(operator, incumbent, incumbent, 0, rng)
                if proposal is not None and proposal.candidate is not None:
                    variations.append(proposal.candidate)
                    break
        return variations

    def _reported(self, incumbent: Candidate, variations: Sequence[Candidate]) -> ProbeReport:
        tried = [c for c in (incumbent, *variations) if self.board.n(c)]
        right, n = sum(self.board.plain_successes(incumbent)), self.board.n(incumbent)
        separation, pairs = self._separation(tried)
        wins, losses, p = self._best_gain(incumbent, tried)
        numbers = {"right": right, "n": n, "wins": wins, "losses": losses, "p": round(p, 4)}
        if pairs:
            numbers["separation"] = round(separation, 3)

        def report(
            verdict: Literal["worth_it", "not_worth_it", "cannot_tell"], why: str
        ) -> ProbeReport:
            reason = f"The prompt is right on {right} of {n} examples; {why}."
            return ProbeReport(verdict, reason, self.used, numbers)

        if p <= PROBE_ALPHA:
            return report("worth_it", f"a simple change fixes {wins} and breaks {losses}")
        if n and scipy.special.bdtr(n - right, n, PROBE_MIN_GAIN) <= PROBE_MAX_ERROR:
            return report("not_worth_it", f"that leaves less than {PROBE_MIN_GAIN:.0%} to gain")
        if self._never_right(tried):
            return report("not_worth_it", "and simple changes never are, so nothing shows the way")
        if (
            pairs
            and self.problem.memory is None
            and len(self._labels) <= FEW_DEMONSTRATIONS
            and separation < PROBE_CHANCE_SEPARATION
        ):
            share = f"its probabilities tell the labels apart in {separation:.0%} of pairs"
            return report("not_worth_it", f"{share} (chance: 50%)")
        return report("cannot_tell", f"a simple change fixes {wins} and breaks {losses}")

    def _best_gain(
        self, incumbent: Candidate, tried: Sequence[Candidate]
    ) -> tuple[int, int, float]:
        """The best comparison with the incumbent: wins, losses, p × comparisons made."""
        baseline = self.board.plain_successes(incumbent)
        rivals = [self.board.plain_successes(c) for c in tried if c is not incumbent]
        rivals += [results for c in tried if (results := self._cross_validated(c))]
        compared = []
        for results in rivals:
            n = min(len(baseline), len(results))
            wins, losses = paired_counts(baseline[:n], results[:n])
            compared.append((exact_sign_test(wins, losses) * len(rivals), wins, losses))
        p, wins, losses = min(compared, default=(1.0, 0, 0))
        return wins, losses, min(1.0, p)

    def _cross_validated(self, candidate: Candidate) -> list[bool]:
        """Whether each example is a success after a calibration fitted on all the others."""
        rows = self.board.labelled(candidate)
        if not self.problem.settings.label_calibration or len(rows) <= MIN_CALIBRATION_EXAMPLES:
            return []
        successes = []
        for index, row in enumerate(rows):
            fit = calibration_of(rows[:index] + rows[index + 1 :], self.board.label_shares)
            best = max(
                self._labels, key=partial(probability, fit, row.logprobs, suggested=row.suggested)
            )
            successes.append(best == row.expected)
        return successes

    def _separation(self, tried: Sequence[Candidate]) -> tuple[float, int]:
        """The share of concordant pairs, pooled over the prompts, and the number of pairs."""
        counts = []
        for candidate in tried:
            rows = self.board.labelled(candidate)
            counts.append(
                concordant_pairs([row.logprobs for row in rows], [row.expected for row in rows])
            )
        pairs = sum(n for _, n in counts)
        return (sum(c for c, _ in counts) / pairs if pairs else 0.0), pairs

    def _never_right(self, tried: Sequence[Candidate]) -> bool:
        outcomes = [ok for candidate in tried for ok in self.board.plain_successes(candidate)]
        return not any(outcomes) and bool((1 - PROBE_MIN_GAIN) ** len(outcomes) <= PROBE_MAX_ERROR)
