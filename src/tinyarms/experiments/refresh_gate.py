"""The gate of a refresh: is the prompt with its new memory not worse than with its old one?

Hypothesis tested: the new memory lowers the success rate by 3 points or more. The rows are examples
of which neither memory sees the one that is asked about, nor its near copies.
"""

from __future__ import annotations

from collections.abc import Mapping

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.stats.binomial import paired_counts
from tinyarms.stats.non_inferiority import non_inferiority_p

MARGIN = 0.03
"""The loss of accuracy, in (0, 1), that the gate has to exclude. Higher: more refreshes pass, and
worse ones."""
ALPHA = 0.05
"""The most refreshes, as a share in (0, ½), that pass although they lose as much. Higher: more
refreshes pass."""
MIN_ROWS = 100
"""Rows that the gate needs. Of 98, without one difference, none would pass: a person confirms."""
MAX_ROWS = 1000
"""Most rows that the gate reads. Higher: it finds more harmless refreshes harmless, for two calls
a row."""


def refresh_gate(before: Mapping[str, bool], after: Mapping[str, bool]) -> GateEvidence:
    """An exact test of non-inferiority on the rows that both memories answered.

    Parameters
    ----------
    before, after
        Id of a row → success, with the old and with the new memory; only ids in both count.

    Examples
    --------
    Of 300 rows, the new memory gets six right that the old one did not, and loses five:

    >>> from tinyarms.experiments.refresh_gate import refresh_gate
    >>> before = {f"e{i}": i < 200 for i in range(300)}
    >>> after = {f"e{i}": 5 <= i < 206 for i in range(300)}
    >>> refresh_gate(before, after).reason.partition(": ")[2]
    'p = 0.0065, passed (at most 0.05).'
    """
    ids = before.keys() & after.keys()
    of_old, of_new = [before[id] for id in ids], [after[id] for id in ids]
    n = len(ids)
    wins, losses = paired_counts(of_old, of_new)
    p = non_inferiority_p(wins, losses, n, MARGIN) if n else 1.0
    enough = n >= MIN_ROWS
    passed = enough and p <= ALPHA
    return GateEvidence(
        n=n,
        before=sum(of_old) / n if n else None,
        after=sum(of_new) / n if n else None,
        wins=wins,
        losses=losses,
        p=p,
        threshold=ALPHA,
        passed=passed,
        enough=enough,
        reason=_reason(n, sum(of_old), sum(of_new), wins, losses, p if enough else None),
    )


def _reason(
    n: int, right_before: int, right_after: int, wins: int, losses: int, p: float | None
) -> str:
    """The numbers and the verdict in words. `p`: `None` for too few rows."""
    if not n:
        return "No rows were compared: a person decides."
    numbers = (
        f"{100 * right_before / n:.1f} % before, {100 * right_after / n:.1f} % after on {n} rows, "
        f"{wins} gained and {losses} lost"
    )
    if p is None:
        return f"{numbers}: too few rows for the gate, which needs {MIN_ROWS}."
    verdict = "passed" if p <= ALPHA else "not passed"
    rounded = "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"
    return f"{numbers}: {rounded}, {verdict} (at most {ALPHA:g})."
