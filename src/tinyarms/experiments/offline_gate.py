"""The offline gate: is the challenger better on held-out examples?

Hypothesis tested, per finalist: it is no more accurate than the incumbent. Exact one-sided sign
test on the examples where the two differ (McNemar 1947; exact: Liddell 1983), each finalist at
`alpha` divided by their number (Bonferroni), on a number of examples that is fixed before any is
read. Bounded: the probability that any finalist passes that is no better, at most `alpha`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

from tinyarms.core.errors import UsageError
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.stats.power import least_pairs, sign_test_power

EFFECT = 0.10
"""The gain that the number of examples is chosen for."""
POWER = 0.90
"""How often such a gain should pass."""
WORN_AT = 0.5
"""From this chance on, that luck let something pass, a test set is called worn."""


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

    Both mappings are example id → success; only ids in both count. Too few examples never pass.
    Raises `UsageError` if there are no finalists.
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


@cache
def gate_power(
    n: int,
    gain: float,
    finalists: int,
    before: float = 0.5,
    alpha: float = 0.05,
    least_gain: float = 0.0,
) -> float:
    """The chance that one finalist with a true `gain` passes on `n` examples, exact.

    `before` is the incumbent's accuracy. The two answer independently of each other: where their
    answers agree more than by chance, fewer examples differ and the power is higher; ½ is the
    incumbent's accuracy that makes it lowest. `least_gain`: the gain measured has to be at least
    that, too. Raises `UsageError` unless 0 ≤ before < before + gain ≤ 1.
    """
    win, loss = _differences(gain, before)
    return sign_test_power(n, win, loss, alpha / finalists, least_gain)


@cache
def examples_needed(
    gain: float = EFFECT,
    power: float = POWER,
    finalists: int = 1,
    before: float = 0.5,
    alpha: float = 0.05,
    least_gain: float = 0.0,
) -> int | None:
    """The least number of examples with a `gate_power` of at least `power`.

    `None`: more than 5,000, or none (where `gain` is not above `least_gain`).
    """
    win, loss = _differences(gain, before)
    if gain <= least_gain:
        return None
    return least_pairs(power, win, loss, alpha / finalists, least_gain)


def worth_finding(least_gain: float) -> float:
    """The gain that a gate should not miss, where `least_gain` is the least worth promoting."""
    return max(EFFECT, least_gain + 0.05)


def advised_examples(finalists: int, alpha: float, least_gain: float) -> int | None:
    """How many examples a gate reads at most: they find what is `worth_finding`, 9 times of 10.

    Whatever the incumbent's accuracy. `None`: more than 5,000.
    """
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return None
    return examples_needed(gain, POWER, finalists, alpha=alpha, least_gain=least_gain)


def blindness(n: int, finalists: int, alpha: float, least_gain: float) -> str:
    """In plain words, what n examples can find, and how many would do."""
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return f"{n} examples"
    power = gate_power(n, gain, finalists, alpha=alpha, least_gain=least_gain)
    found = f"{n} examples, which find a gain of {100 * gain:.0f} points in at least {power:.0%}"
    needed = advised_examples(finalists, alpha, least_gain)
    if needed is None or n >= needed:
        return found
    return f"{found}; {needed} would in {POWER:.0%}"


def _differences(gain: float, before: float) -> tuple[float, float]:
    after = before + gain
    if not 0 <= before < after <= 1:
        raise UsageError(
            f"No gain of {gain} from an accuracy of {before}.", "Accuracies are in [0, 1]."
        )
    return after * (1 - before), before * (1 - after)


@dataclass(frozen=True)
class Wear:
    """How much a test set has been used up by earlier gates."""

    gates: int
    """Gates that read it."""
    prompts: int
    """Prompts that were run on it."""
    luck: float
    """At most this is the chance that it let any prompt pass that was no better, in [0, 1]."""
    flattery: float
    """At most this much too high is, on average, the best accuracy seen on it, in [0, 1]."""
    sentence: str


def wear(gates: int, prompts: int, examples: int, alpha: float = 0.05) -> Wear:
    """How worn a test set of `examples` is, after so many `gates` and `prompts` run on it.

    Each gate may err with probability `alpha`, so all of them with at most gates × alpha. The
    highest of k accuracies over n examples is above its truth by at most √(ln k / 2n) on average
    (k means of n numbers in [0, 1]: Boucheron, Lugosi & Massart 2013, theorem 2.5), as long as
    the prompts are not made from what the test set said; optimisers never see it.
    """
    luck = min(1.0, gates * alpha)
    flattery = min(1.0, sqrt(log(prompts) / (2 * examples))) if prompts > 1 and examples else 0.0
    if not gates:
        return Wear(0, prompts, luck, flattery, "The test set is fresh: no gate has read it yet.")
    runs = _counted(prompts, "prompt")
    read = f"{_counted(gates, 'gate')} read the test set, {runs} in all"
    risk = f"the chance that one passed by luck is at most {luck:.0%}"
    best = f"the best accuracy seen may flatter by up to {100 * flattery:.1f} points"
    advice = " It is worn: hold out fresh examples." if luck >= WORN_AT else ""
    return Wear(gates, prompts, luck, flattery, f"{read}: {risk}, and {best}.{advice}")


def _shown(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
