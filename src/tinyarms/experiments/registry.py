"""The rules of live tests by their names, and the choice of the rule for a new live test."""

from __future__ import annotations

from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import AbTesting
from tinyarms.experiments.rule import Rule
from tinyarms.experiments.rules.sign_e_process import SignEProcess
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.rules.two_gate import TwoGate


def make_rule(
    preset: Literal["default", "original"],
    settings: AbTesting,
    offline_gate: bool = True,
    seed: int = 0,
    open_ended: bool = False,
    mode: Literal["pick", "single"] = "pick",
    rounds: int = 1,
) -> Rule:
    """Choose the rule for a new live test. Store its name: a running live test keeps its rule.

    Parameters
    ----------
    offline_gate
        Whether there are a scorer and enough held-out examples. Otherwise users alone decide, by
        `taste_only`, or by `sign_e_process` if `open_ended`.
    seed
        Makes the draws of `thompson` repeatable.
    rounds
        How many tests, one after another, share the bound on false promotions, at least 1.

    Examples
    --------
    >>> from tinyarms.core.settings import AbTesting
    >>> from tinyarms.experiments.registry import make_rule
    >>> make_rule("default", AbTesting()).name
    'two_gate'
    >>> make_rule("default", AbTesting(), offline_gate=False).name
    'taste_only'
    """
    if preset == "original":
        return rule_named("thompson", settings, seed)
    if mode == "single":
        return rule_named("single_mode", settings, seed, rounds)
    if offline_gate:
        return rule_named("two_gate", settings, seed)
    return rule_named("sign_e_process" if open_ended else "taste_only", settings, seed, rounds)


def rule_named(name: str, settings: AbTesting, seed: int = 0, rounds: int = 1) -> Rule:
    """The rule with this name. Raises `ExperimentError` for an unknown name.

    `rounds`: as for `make_rule`. The rules `two_gate` and `thompson` bound no false promotions
    themselves.
    """
    votes, days = settings.max_votes, settings.max_duration_days
    if name == "thompson":
        return Thompson(settings.votes_required, votes, days, seed)
    if name == "two_gate":
        return TwoGate(votes, days)
    if name == "taste_only":
        return TasteOnly(votes, days, rounds)
    if name == "sign_e_process":
        return SignEProcess(rounds=rounds)
    if name == "single_mode":
        return SingleMode(votes, days, rounds)
    raise ExperimentError(
        f"The live test has the unknown rule {name!r}.",
        "Known: thompson, two_gate, taste_only, sign_e_process, single_mode.",
    )
