"""The power of the offline gate, and the number of examples that it needs."""

from __future__ import annotations

from functools import cache

from tinyarms.core.errors import UsageError
from tinyarms.stats.power import least_pairs, sign_test_power

EFFECT = 0.10
"""The gain in accuracy, in (0, 1], for which the number of examples is chosen. A smaller gain needs
more examples."""
POWER = 0.90
"""The probability, in (0, 1), that a challenger with this gain passes. A higher one needs more
examples."""


@cache
def gate_power(
    n: int,
    gain: float,
    finalists: int,
    before: float = 0.5,
    alpha: float = 0.05,
    least_gain: float = 0.0,
) -> float:
    """The exact probability that a finalist with a true `gain` passes on `n` examples.

    This assumes that the two prompts answer independently. If their answers agree more often than
    by chance, fewer examples differ and the power is higher. Raises `UsageError` unless
    0 ≤ before < before + gain ≤ 1.

    Parameters
    ----------
    gain
        The true gain in accuracy, in (0, 1].
    before
        The incumbent's accuracy, in [0, 1); at ½ the power is lowest.
    least_gain
        The measured gain must also be at least this.

    Examples
    --------
    >>> from tinyarms.experiments.gate_power import gate_power
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

    `None` if it is above 5,000, or if no number is enough because `gain` is at most `least_gain`.
    Raises `UsageError` as `gate_power` does.

    Examples
    --------
    >>> from tinyarms.experiments.gate_power import examples_needed
    >>> examples_needed(gain=0.10), examples_needed(gain=0.10, finalists=3)
    (443, 595)
    """
    win, loss = _differences(gain, before)
    if gain <= least_gain:
        return None
    return least_pairs(power, win, loss, alpha / finalists, least_gain)


def worth_finding(least_gain: float) -> float:
    """The gain that a gate should find if gains of at least `least_gain` are worth a promotion."""
    return max(EFFECT, least_gain + 0.05)


def advised_examples(finalists: int, alpha: float, least_gain: float) -> int | None:
    """The number of examples with which a gate finds a gain of `worth_finding` in 90 % of cases.

    A gate should not read more. This holds for every accuracy of the incumbent. `None`: more than
    5,000 would be necessary.
    """
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return None
    return examples_needed(gain, POWER, finalists, alpha=alpha, least_gain=least_gain)


def power_in_words(n: int, finalists: int, alpha: float, least_gain: float) -> str:
    """The gain that n examples can find, and how many would be enough, as part of a sentence."""
    gain = worth_finding(least_gain)
    if gain > 0.5:
        return f"{n} examples"
    power = gate_power(n, gain, finalists, alpha=alpha, least_gain=least_gain)
    words = (
        f"{n} examples, which find a gain of {100 * gain:.0f} points with a probability of at "
        f"least {power:.0%}"
    )
    needed = advised_examples(finalists, alpha, least_gain)
    if needed is None or n >= needed:
        return words
    return f"{words}; {needed} would find it with {POWER:.0%}"


def _differences(gain: float, before: float) -> tuple[float, float]:
    """The probabilities of a win and a loss on an example, if the prompts answer independently."""
    after = before + gain
    if not 0 <= before < after <= 1:
        raise UsageError(
            f"A gain of {gain} from an accuracy of {before} is impossible.",
            "Accuracies are in [0, 1].",
        )
    return after * (1 - before), before * (1 - after)
