"""What the offline gate can see with so many examples."""

from __future__ import annotations

from functools import cache

from tinyarms.core.errors import UsageError
from tinyarms.stats.power import least_pairs, sign_test_power

EFFECT = 0.10
"""The gain that the number of examples is chosen for."""


POWER = 0.90
"""How often such a gain should pass."""


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
