"""The results of each operator in a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.cross_skill import general_sentences
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Outcome
from tinyarms.store.db.records import OperatorRecord


@dataclass(frozen=True)
class OperatorView:
    """The results of one operator in a search."""

    operator: str
    """Name of the operator."""
    proposals: int
    """Number of its proposals."""
    accepted: int
    """Number of its proposals that all guards accepted."""
    rejected: Mapping[str, int]
    """Guard → number of proposals that it rejected."""
    beat_parent: int
    """Number of its candidates that scored above their parent on the examples of both."""


def operator_views(operators: Sequence[OperatorRecord]) -> tuple[OperatorView, ...]:
    """Views of the stored operator records."""
    return tuple(
        OperatorView(
            operator=record.operator,
            proposals=record.proposals,
            accepted=record.accepted,
            rejected=record.rejected,
            beat_parent=record.beat_parent,
        )
        for record in operators
    )


def operator_records(
    session_id: str, problem: Problem, outcome: Outcome, writing: Set[str]
) -> list[OperatorRecord]:
    """For each operator: its proposals, the guards' rejections, children that beat the parent.

    `writing`: the operators that have called the writer. Only their mutation prompts count.
    """
    candidates = {candidate.id: candidate for candidate in outcome.candidates}
    by_operator: dict[str, list[Proposal]] = {}
    for proposal in outcome.proposals:
        by_operator.setdefault(proposal.operator, []).append(proposal)
    return [
        _record(session_id, operator, proposals, candidates, problem, operator in writing)
        for operator, proposals in by_operator.items()
    ]


def _record(
    session_id: str,
    operator: str,
    proposals: Sequence[Proposal],
    candidates: Mapping[str, Candidate],
    problem: Problem,
    writes: bool,
) -> OperatorRecord:
    verdicts = Counter(proposal.verdict for proposal in proposals)
    accepted = verdicts.pop("accepted", 0)
    winners = [p.candidate for p in proposals if p.candidate and p.beat_parent is True]
    sentences = (
        sentence
        for winner in winners
        for sentence in general_sentences(winner, candidates[winner.parents[0]], problem)
    )
    mutation_prompts = [w.mutation_prompt for w in winners if w.mutation_prompt]
    return OperatorRecord(
        session_id=session_id,
        operator=operator,
        proposals=len(proposals),
        accepted=accepted,
        rejected=dict(verdicts),
        beat_parent=len(winners),
        mutation_prompts=dict(Counter(mutation_prompts)) if writes else {},
        sentences=dict(Counter(sentences)),
    )
