"""The headroom probe: is a search worth its calls? It spends a twentieth of them to find out.

Many optimisation runs end below the prompt that they began with (49 % of 72 in arXiv 2604.14585),
so it looks first. The incumbent meets most of the probe's examples, two variations that need no
writer the rest: the contract's wording or the description, and a set of demonstrations. They are
the examples that the search begins with, so nothing is paid twice.

- Worth it: a variation, or the incumbent with calibrated labels, is better on the same examples
  (exact sign tests at 0.1 divided by their number; each calibration fitted without its example).
- Not worth it: the incumbent is right so often that less than 0.05 is to be had; or nothing that
  was tried is ever right; or the label probabilities tell the labels apart no better than chance
  (not so of more than four labels: what shows a tiny model each of them may yet do it).
- Cannot tell: anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import scipy

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.without_model.demonstrations import FEW, ChooseDemonstrations
from tinyarms.evolution.operators.without_model.wording import Describe, WordContract
from tinyarms.evolution.optimizers.population_search import Breeder, Part
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.calibration import MIN_EXAMPLES, fit_calibration
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.scoring.stratify import deal
from tinyarms.skills.contract import Labels
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.stats.concordance import concordant_pairs

_SHARE = 20
_FEWEST = 20
"""Fewer calls than this tell nothing."""
_ALPHA = 0.1
_ROOM = 0.05
_DOUBT = 0.25
"""How likely an error may be that calls a skill hopeless for its share of successes."""
_NO_SEPARATION = 0.51


@dataclass(frozen=True)
class ProbeReport:
    """What the probe found."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    reason: str
    """One line with the numbers."""
    calls: int
    """Task calls that it used, cache hits excluded."""
    numbers: Mapping[str, float]


def probe_calls(calls: int) -> int:
    """The most task calls that the probe of a search with this budget makes."""
    return calls // _SHARE


class Probe(Breeder):
    """The probe, as an optimiser that finds nothing but a report."""

    def __init__(self, problem: Problem) -> None:
        pool, race = deal(problem)
        self._labels = problem.contract.labels if isinstance(problem.contract, Labels) else ()
        calibrates = problem.settings.label_calibration and bool(self._labels)
        board = Scoreboard(race, problem.contract, problem.success_at, calibrate=calibrates)
        super().__init__(problem, board, pool)
        self.report = ProbeReport("cannot_tell", "The budget is too small for a probe.", 0, {})

    def search(self) -> Steps:
        calls = probe_calls(self.problem.calls)
        if calls < _FEWEST:
            return
        incumbent = self.admit("incumbent", self.problem.incumbent)
        yield from self.extend([incumbent], (6 if self._labels else 4) * calls // 10)
        variations = yield from self._variations(incumbent)
        for place, candidate in enumerate(variations):
            share = (calls - self.used) // (len(variations) - place)
            yield from self.extend([candidate], min(share, self.board.n(incumbent)))
        self.report = self._reported(incumbent, variations)

    def _variations(self, incumbent: Candidate) -> Part:
        found: list[Candidate] = []
        groups: tuple[tuple[Operator, ...], ...] = (
            (WordContract(), Describe()),
            (ChooseDemonstrations(),),
        )
        for place, operators in enumerate(groups):
            for slot, operator in enumerate(operators):
                rng = self.random_at(place, slot)
                proposal = yield from self.propose(operator, incumbent, incumbent, 0, rng)
                if proposal is not None and proposal.candidate is not None:
                    found.append(proposal.candidate)
                    break
        return found

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

        if p <= _ALPHA:
            return report("worth_it", f"a simple change fixes {wins} and breaks {losses}")
        if n and scipy.special.bdtr(n - right, n, _ROOM) <= _DOUBT:
            return report("not_worth_it", f"that leaves less than {_ROOM:.0%} to gain")
        if self._never_right(tried):
            return report("not_worth_it", "and simple changes never are, so nothing shows the way")
        if pairs and len(self._labels) <= FEW and separation < _NO_SEPARATION:
            told = f"its probabilities tell the labels apart in {separation:.0%} of pairs"
            return report("not_worth_it", f"{told} (chance: 50%)")
        return report("cannot_tell", f"a simple change fixes {wins} and breaks {losses}")

    def _best_gain(
        self, incumbent: Candidate, tried: Sequence[Candidate]
    ) -> tuple[int, int, float]:
        """The best comparison with the incumbent: wins, losses and p times the comparisons."""
        before = self.board.plain_successes(incumbent)
        rivals = [self.board.plain_successes(c) for c in tried if c is not incumbent]
        rivals += [found for c in tried if (found := self._calibrated_without(c))]
        compared = []
        for after in rivals:
            pairs = list(zip(before, after, strict=False))
            wins = sum(new and not old for old, new in pairs)
            losses = sum(old and not new for old, new in pairs)
            compared.append((exact_sign_test(wins, losses) * len(rivals), wins, losses))
        p, wins, losses = min(compared, default=(1.0, 0, 0))
        return wins, losses, min(1.0, p)

    def _calibrated_without(self, candidate: Candidate) -> list[bool]:
        """Successes with a calibration that was fitted on all its other examples."""
        known = self.board.label_logprobs(candidate)
        if not self.problem.settings.label_calibration or len(known) <= MIN_EXAMPLES:
            return []
        found = []
        for place, (expected, logprobs) in enumerate(known):
            others = known[:place] + known[place + 1 :]
            fit = fit_calibration(
                [lp for _, lp in others], [e for e, _ in others], self.board.label_shares
            )
            best = max(self._labels, key=lambda label: logprobs[label] + fit.biases[label])
            found.append(best == expected)
        return found

    def _separation(self, tried: Sequence[Candidate]) -> tuple[float, int]:
        """The share of concordant pairs within each prompt, pooled, and the pairs."""
        found = []
        for candidate in tried:
            known = self.board.label_logprobs(candidate)
            found.append(concordant_pairs([lp for _, lp in known], [e for e, _ in known]))
        pairs = sum(n for _, n in found)
        return (sum(c for c, _ in found) / pairs if pairs else 0.0), pairs

    def _never_right(self, tried: Sequence[Candidate]) -> bool:
        outcomes = [ok for candidate in tried for ok in self.board.plain_successes(candidate)]
        return not any(outcomes) and bool((1 - _ROOM) ** len(outcomes) <= _DOUBT)
