"""What each operator has yielded in a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.cross_skill import general_sentences
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Outcome
from tinyarms.store.db.records import OperatorRecord


def operator_yield(
    session_id: str, problem: Problem, outcome: Outcome, writing: Set[str]
) -> list[OperatorRecord]:
    """For each operator: its proposals, the guards' rejections, children that beat the parent.

    `writing`: the operators that have asked the writer. Only theirs are the mutation prompts.
    """
    known = {candidate.id: candidate for candidate in outcome.candidates}
    found: dict[str, list[Proposal]] = {}
    for proposal in outcome.proposals:
        found.setdefault(proposal.operator, []).append(proposal)
    return [
        OperatorRecord(
            session_id=session_id,
            operator=operator,
            proposals=len(made),
            accepted=sum(each.verdict == "accepted" for each in made),
            rejected=dict(Counter(e.verdict for e in made if e.verdict != "accepted")),
            beat_parent=len(winners := _winners(made)),
            mutation_prompts=dict(
                Counter(
                    c.mutation_prompt for c in winners if c.mutation_prompt and operator in writing
                )
            ),
            sentences=dict(
                Counter(
                    sentence
                    for winner in winners
                    for sentence in general_sentences(winner, known[winner.parents[0]], problem)
                )
            ),
        )
        for operator, made in found.items()
    ]


def _winners(made: Sequence[Proposal]) -> list[Candidate]:
    return [each.candidate for each in made if each.candidate and each.beat_parent is True]


def operator_views(operators: Sequence[OperatorRecord]) -> tuple[OperatorView, ...]:
    """The yield of each operator."""
    return tuple(
        OperatorView(
            operator=found.operator,
            proposals=found.proposals,
            accepted=found.accepted,
            rejected=found.rejected,
            beat_parent=found.beat_parent,
        )
        for found in operators
    )


@dataclass(frozen=True)
class OperatorView:
    """What one operator did in a search."""

    operator: str
    """Name of the operator."""
    proposals: int
    """Candidates that it proposed."""
    accepted: int
    """Proposals that all guards let pass."""
    rejected: Mapping[str, int]
    """Guard → how many proposals it rejected."""
    beat_parent: int
    """Candidates that scored above their parent on the examples that both had met."""
