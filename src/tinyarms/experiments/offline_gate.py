"""The offline gate: is the challenger better on held-out examples?

Hypothesis tested, per finalist: it is no more accurate than the incumbent. The test is an exact
one-sided sign test on the examples where the two differ (McNemar 1947; exact: Liddell 1983). Each
finalist is tested at `alpha` divided by their number (Bonferroni), and the number of examples is
fixed before any of them is read. So the probability that any finalist passes without being better
is at most `alpha`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from tinyarms.core.errors import UsageError
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.stats.binomial import exact_sign_test, paired_counts

MIN_TEST_EXAMPLES = 100
"""Held-out examples that a gate needs. With fewer, it would find only very large gains, so users
decide alone, by a stricter rule. A larger number sends more skills to that rule."""
MIN_PAIRED_SHARE = 0.9
"""Least share, in (0, 1], of the held-out examples that both prompts must have answered. Higher: a
gate waits for more of the calls that failed."""


def gate_applies(
    preset: Literal["default", "original"], has_scorer: bool, test_examples: int
) -> bool:
    """Whether the offline gate runs before a live test, if the budget lasts.

    The original preset has no gate. Without a scorer, no answer is right or wrong.

    Parameters
    ----------
    has_scorer
        Whether the skill has a scorer.
    test_examples
        How many held-out examples the gate would read, at least 0.
    """
    return preset == "default" and has_scorer and test_examples >= MIN_TEST_EXAMPLES


def pairs_needed(test_examples: int) -> int:
    """How many of the held-out examples both prompts must have answered.

    Leaving examples out does not change the error rate of the sign test, as long as it does not
    depend on which prompt is right; it costs power.
    """
    return math.ceil(MIN_PAIRED_SHARE * test_examples)


def paired_gate(
    incumbent_correct: Mapping[str, bool],
    challenger_correct: Mapping[str, bool],
    finalists: int,
    alpha: float = 0.05,
    min_examples: int = MIN_TEST_EXAMPLES,
) -> GateEvidence:
    """Exact one-sided sign test on the examples where the two differ, at alpha / finalists.

    Raises `UsageError` if there are no finalists.

    Parameters
    ----------
    incumbent_correct, challenger_correct
        Example id → success, of the examples with an answer; only ids in both count.
    finalists
        How many challengers of the same session are tested, at least 1.
    alpha
        The bound, in (0, 1), on the probability that any finalist passes without being better.
    min_examples
        With fewer examples, no challenger passes.

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
    ids = incumbent_correct.keys() & challenger_correct.keys()
    of_incumbent = [incumbent_correct[i] for i in ids]
    of_challenger = [challenger_correct[i] for i in ids]
    n = len(ids)
    wins, losses = paired_counts(of_incumbent, of_challenger)
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
        before=sum(of_incumbent) / n if n else None,
        after=sum(of_challenger) / n if n else None,
        wins=wins,
        losses=losses,
        p=p,
        threshold=threshold,
        passed=passed,
        enough=enough,
        reason=reason,
    )


def _rounded(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"
