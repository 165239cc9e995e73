"""The power of the offline gate, and the number of examples that it needs."""

from __future__ import annotations

from functools import cache

from tinyarms.core.errors import UsageError
from tinyarms.stats.power import least_pairs, sign_test_power

EFFECT = 0.10
"""The gain in accuracy, in (0, 1], that the number of examples is chosen for. A smaller one needs
more examples."""
POWER = 0.90
"""The probability, in (0, 1), that such a gain passes. A higher one needs more examples."""


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

    `None` if it is above 5,000, or if no number is enough as `gain` is not above `least_gain`.
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
