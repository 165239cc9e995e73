"""Show the arms of an evolution session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.rule import ArmStatistics
from tinyarms.store.db.records import PromptCost, VariantRecord, VariantStatus
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ResultVariant:
    """One arm of a session."""

    id: str
    """Its id."""
    letter: str
    """Its letter; empty for the prompt in production."""
    role: Literal["incumbent", "challenger"]
    """`incumbent` is the prompt in production."""
    status: VariantStatus
    """What became of it. `waiting`: it is tested in a later round. `cut`: others did as well or
    better on the examples of the search and the selection."""
    prompt: str
    """The prompt's text."""
    demonstrations: int
    """Number of its demonstrations."""
    reasoning: str
    """How it was made, in words."""
    shown: bool
    """Whether it is in the live test."""
    votes: int
    mean: float | None
    """Rate that the test's rule estimates, in [0, 1]; `None` before the first vote."""
    interval: tuple[float, float] | None
    """95 % interval of that rate."""
    p_best: float | None
    """Probability that it is the best; `None` if the rule gives none."""
    lead: int | None
    """Votes ahead of the incumbent (by default) or of the best other arm."""
    accuracy: float | None
    accuracy_n: int
    gate: str | None
    """The offline gate's verdict in words; `None` if it did not run."""
    offline: GateEvidence | None
    """The offline gate's evidence in numbers."""
    asked: int
    """Number of ballots that show it."""
    assigned: int
    """Number of tasks assigned to it (`single` mode)."""
    prompt_tokens: float | None
    """Mean number of prompt tokens of a task, with the demonstrations that are retrieved for it, on
    the examples of the search and the gate; `None` if not known."""
    seconds: float | None
    """Mean number of seconds of a task's call on them; `None` if not known."""


def result_variant(
    variant: VariantRecord,
    *,
    shown: bool,
    statistics: ArmStatistics | None,
    gate: GateEvidence | None,
    asked: int,
    assigned: int,
    cost: PromptCost | None,
) -> ResultVariant:
    """An arm with its votes and the offline gate's evidence."""
    return ResultVariant(
        id=variant.id,
        letter=variant.variant_letter,
        role=variant.role,
        status=variant.status,
        prompt=variant.prompt.text,
        demonstrations=len(variant.prompt.demonstrations),
        reasoning=variant.reasoning,
        shown=shown,
        votes=statistics.votes if statistics else 0,
        mean=statistics.mean if statistics else None,
        interval=statistics.interval if statistics else None,
        p_best=statistics.p_best if statistics else None,
        lead=statistics.lead if statistics else None,
        accuracy=variant.accuracy,
        accuracy_n=variant.accuracy_n,
        gate=gate.reason if gate else None,
        offline=gate,
        asked=asked,
        assigned=assigned,
        prompt_tokens=None if cost is None else cost.prompt_tokens,
        seconds=None if cost is None else cost.seconds,
    )


def costs_of(work: UnitOfWork, session_id: str) -> Mapping[str, PromptCost]:
    """Variant id → its mean cost for each task.

    The gate ran a variant itself, the search its candidate, whose prompt sends the same.
    """
    by_prompt = work.calls.cost_by_prompt(session_id)
    candidates = {each.variant_id: each.prompt.hash for each in work.candidates.all(session_id)}
    found: dict[str, PromptCost] = {}
    for variant in work.experiments.variants(session_id):
        hashes = {variant.prompt.hash, candidates.get(variant.candidate_id or "", "")}
        costs = [by_prompt[hash] for hash in sorted(hashes) if hash in by_prompt]
        calls = sum(cost.calls for cost in costs)
        if calls:
            tokens = sum(cost.calls * cost.prompt_tokens for cost in costs) / calls
            seconds = sum(cost.calls * cost.seconds for cost in costs) / calls
            found[variant.id] = PromptCost(calls, tokens, seconds)
    return found
