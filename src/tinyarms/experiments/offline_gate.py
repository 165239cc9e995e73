"""The offline gate: is the challenger better on held-out examples?

Hypothesis tested, per finalist: it is no more accurate than the incumbent. The test is an exact
one-sided sign test on the examples where the two differ (McNemar 1947; exact: Liddell 1983), each
finalist at `alpha` divided by their number (Bonferroni), on a number of examples that is fixed
before any of them is read. Bounded: the probability that any finalist passes that is no better, by
`alpha`.
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
"""The gain in accuracy, in (0, 1], that the number of examples is chosen for. A smaller one needs
more examples."""
POWER = 0.90
"""The probability, in (0, 1), that such a gain passes. A higher one needs more examples."""
WORN_AT = 0.5
"""A test set counts as worn once the chance that a prompt passed by luck is at least this, in
(0, 1]."""


@dataclass(frozen=True)
class GateEvidence:
    """A challenger against the incumbent on the same `test` examples."""

    n: int
    """Examples that both prompts were run on."""
    before: float | None
    """The incumbent's accuracy on them, in [0, 1]; `None` if n = 0."""
    after: float | None
    """The challenger's accuracy on them, in [0, 1]; `None` if n = 0."""
    wins: int
    """Examples that only the challenger got right."""
    losses: int
    """Examples that only the incumbent got right."""
    p: float
    """The one-sided p of the sign test, in (0, 1]."""
    threshold: float
    """The largest p that passes: `alpha` divided by the number of finalists."""
    passed: bool
    enough: bool
    """Whether n is at least the number of examples that the gate needs."""
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

    Raises `UsageError` if there are no finalists.

    Parameters
    ----------
    incumbent_correct, challenger_correct
        Example id → success; only ids in both count.
    finalists
        How many challengers of the same experiment are tested, at least 1.
    alpha
        The bound on the probability that any finalist passes that is no better, in (0, 1).
    min_examples
        With fewer examples the gate is never passed.

    Examples
    --------
    The incumbent is right on 60 of 100 examples, the challenger on all of these and 9 more:

    >>> from tinyarms.experiments.offline_gate import paired_gate
    >>> incumbent = {f"e{i}": i < 60 for i in range(100)}
    >>> challenger = {f"e{i}": i < 69 for i in range(100)}
    >>> evidence = paired_gate(incumbent, challenger, finalists=2)
    >>> evidence.passed, evidence.gain
    (True, 0.09)
    >>> evidence.reason
    '9 wins, 0 losses on 100 examples: p = 0.0020, passed (at most 0.025 passes).'
    """
    if finalists < 1:
        raise UsageError(f"The offline gate got {finalists} finalists.", "Give 1 or more.")
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
        reason = f"{wins} wins, {losses} losses on {n} examples: p {_rounded(p)}, {verdict} "
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
    """The exact chance that one finalist with a true `gain` passes on `n` examples.

    The two prompts are assumed to answer independently. Where their answers agree more often than
    by chance, fewer examples differ and the power is higher. Raises `UsageError` unless
    0 ≤ before < before + gain ≤ 1.

    Parameters
    ----------
    gain
        The true gain in accuracy, in (0, 1].
    before
        The incumbent's accuracy, in [0, 1); at ½ the power is lowest.
    least_gain
        The measured gain has to be at least this as well.

    Examples
    --------
    >>> from tinyarms.experiments.offline_gate import gate_power
    >>> round(gate_power(100, gain=0.10, finalists=1), 2)
    0.36
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
    """The smallest number of examples with a `gate_power` of at least `power`.

    `None` if it is above 5,000, or if no number is enough as `gain` is not above `least_gain`.
    Raises `UsageError` as `gate_power` does.

    Examples
    --------
    >>> from tinyarms.experiments.offline_gate import examples_needed
    >>> examples_needed(gain=0.10), examples_needed(gain=0.10, finalists=3)
    (443, 595)
    """
    win, loss = _differences(gain, before)
    if gain <= least_gain:
        return None
    return least_pairs(power, win, loss, alpha / finalists, least_gain)


def worth_finding(least_gain: float) -> float:
    """The gain that a gate should not miss if at least `least_gain` is worth a promotion."""
    return max(EFFECT, least_gain + 0.05)


def advised_examples(finalists: int, alpha: float, least_gain: float) -> int | None:
    """The most examples that a gate should read: so many find a gain `worth_finding` in 90 %.

    This holds for every accuracy of the incumbent. `None`: it takes more than 5,000.
    """
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return None
    return examples_needed(gain, POWER, finalists, alpha=alpha, least_gain=least_gain)


def blindness(n: int, finalists: int, alpha: float, least_gain: float) -> str:
    """In plain words, the gain that n examples can find, and how many examples would be enough."""
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return f"{n} examples"
    power = gate_power(n, gain, finalists, alpha=alpha, least_gain=least_gain)
    finds = f"{n} examples, which find a gain of {100 * gain:.0f} points in at least {power:.0%}"
    needed = advised_examples(finalists, alpha, least_gain)
    if needed is None or n >= needed:
        return finds
    return f"{finds}; {needed} would in {POWER:.0%}"


def _differences(gain: float, before: float) -> tuple[float, float]:
    """The chances that an example is a win and a loss, if the two prompts answer independently."""
    after = before + gain
    if not 0 <= before < after <= 1:
        raise UsageError(
            f"No gain of {gain} from an accuracy of {before}.", "Accuracies are in [0, 1]."
        )
    return after * (1 - before), before * (1 - after)


@dataclass(frozen=True)
class Wear:
    """How far earlier gates have used up a test set."""

    gates: int
    """Gates that read the test set."""
    prompts: int
    """Prompts that were run on it."""
    luck: float
    """The family-wise error: an upper bound, in [0, 1], of the chance that any prompt passed that
    was no better."""
    flattery: float
    """The optimism: an upper bound, in [0, 1], of the average excess of the best accuracy seen."""
    sentence: str


def wear(gates: int, prompts: int, examples: int, alpha: float = 0.05) -> Wear:
    """How far a test set of `examples` is used up after so many `gates` and `prompts`.

    Each gate errs with a probability of at most `alpha`, so the chance that any of them does is at
    most gates × alpha. On average the highest of k accuracies over n examples exceeds the true
    accuracy by at most √(ln k / 2n), as long as the prompts do not depend on the test set;
    optimisers never see it.

    Examples
    --------
    >>> from tinyarms.experiments.offline_gate import wear
    >>> used = wear(gates=4, prompts=12, examples=200)
    >>> used.luck, round(used.flattery, 3)
    (0.2, 0.079)

    References
    ----------
    Boucheron, Lugosi & Massart 2013, "Concentration Inequalities", theorem 2.5, for the mean of
    the highest of k means of n numbers in [0, 1].
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


def _rounded(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
