"""How the prompts that people wrote did in a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.guards.manual import manual_verdicts
from tinyarms.evolution.guards.rules import ACCEPTED
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.searching.driver import Search

ManualStage = Literal[
    "not_admitted", "not_scored", "screened_out", "raced", "dropped", "finalist", "winner"
]


@dataclass(frozen=True)
class ManualView:
    """How a prompt that people wrote did in a search."""

    name: str
    """Its file or its version."""
    stage: ManualStage
    """How far it came. `not_admitted`: the search did not take it. `not_scored`: the search ended
    before it was tried. `screened_out`: it got no more than the first examples. `raced`: it was
    tried on more examples, and is no finalist. `dropped`: a finalist that the judge dropped.
    `finalist`: a variant. `winner`: the best variant of the search."""
    score: float | None
    """Its mean grade on `search` examples, in [0, 1]; `None` if it was not scored."""
    n: int
    """Number of examples that the score is over."""
    letter: str | None = None
    """Letter of its variant; `None` if it is none."""
    reason: str | None = None
    """Why it was not admitted or not scored, in words; else `None`."""


def manual_views(
    search: Search, passed: Sequence[Finalist], given: Sequence[ManualPrompt]
) -> tuple[ManualView, ...]:
    """A view of each prompt by people: those in the session's plan, then those left out of it.

    `passed`: the finalists that the judge did not drop, best first. `given`: the prompts of this
    request; a resumed search does not take further ones.
    """
    planned = manual_verdicts(search.plan.manual, search.problem)
    hashes = {manual.prompt.hash for manual, _ in planned}
    resumed = "The search resumed with its original prompts; --restart begins one with this file."
    return (
        *(_view(search, passed, manual, verdict) for manual, verdict in planned),
        *(
            ManualView(manual.name, "not_admitted", None, 0, reason=resumed)
            for manual in given
            if manual.prompt.hash not in hashes
        ),
    )


def _view(
    search: Search, passed: Sequence[Finalist], manual: ManualPrompt, verdict: str
) -> ManualView:
    if verdict != ACCEPTED:
        reason = f"The guard `{verdict}` rejects it."
        return ManualView(manual.name, "not_admitted", None, 0, reason=reason)
    candidate = _candidate(search, manual)
    fitness = None if candidate is None else search.outcome.fitness.get(candidate.id)
    if candidate is None or fitness is None:
        reason = "The budget did not cover it."
        if search.hopeless:
            reason = "The headroom probe ended the search; --force searches all the same."
        return ManualView(manual.name, "not_scored", None, 0, reason=reason)
    score, n = fitness
    ids = [finalist.candidate.id for finalist in passed]
    letters = dict(zip(ids, ascii_uppercase, strict=False))
    letter = letters.get(candidate.id)
    if letter is not None:
        stage: ManualStage = "winner" if letter == "A" else "finalist"
    elif any(finalist.candidate.id == candidate.id for finalist in search.outcome.finalists):
        stage = "dropped"
    else:
        stage = "screened_out" if _is_screened_out(search, n) else "raced"
    return ManualView(manual.name, stage, score, n, letter)


def _candidate(search: Search, manual: ManualPrompt) -> Candidate | None:
    searched = search.problem.remembering(manual.prompt)
    for candidate in search.outcome.candidates:
        if candidate.operator == "manual" and candidate.prompt.hash == searched.hash:
            return candidate
    return None


def _is_screened_out(search: Search, n: int) -> bool:
    """Whether n is the fewest examples that a candidate got, and others got more."""
    incumbents = {c.id for c in search.outcome.candidates if c.operator == "incumbent"}
    counts = [k for i, (_, k) in search.outcome.fitness.items() if i not in incumbents]
    return min(counts) == n < max(counts)
