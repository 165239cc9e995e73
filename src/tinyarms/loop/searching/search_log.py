"""Store a search's candidates, fitness, verdicts and operator results while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.cross_skill import origin
from tinyarms.evolution.guards.rules import ACCEPTED
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Outcome
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.operator_stats import operator_records
from tinyarms.store.db.records import CandidateRecord, OperatorRecord, SessionRecord


@dataclass
class SearchLog:
    """Stores one session's search, and knows what is already stored."""

    context: Context
    session: SessionRecord
    problem: Problem
    writing: set[str] = field(default_factory=set)
    """Names of the operators that have called the writer."""
    _fitness: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    """Id of each stored candidate → its stored fitness; `None`: not scored yet."""
    _operators: dict[str, OperatorRecord] = field(default_factory=dict)

    def store(self, outcome: Outcome, proposals: Sequence[Proposal]) -> None:
        """Store the changes since the last call in one transaction.

        `proposals`: the new proposals, with the guards' verdicts.
        """
        candidates = [c for c in outcome.candidates if c.id not in self._fitness]
        fitness = {i: f for i, f in outcome.fitness.items() if self._fitness.get(i) != f}
        verdicts = _verdicts(proposals)
        operators = self._changed_operators(outcome)
        if not candidates and not fitness and not verdicts and not operators:
            return
        by_id = {candidate.id: candidate for candidate in outcome.candidates}
        with self.context.store.unit_of_work() as work:
            for candidate in candidates:
                source = origin(candidate, by_id, self.problem.inherited)
                work.candidates.add(self._record(candidate, source))
                self._fitness[candidate.id] = None
            for candidate_id, (score, n) in fitness.items():
                work.candidates.set_fitness(candidate_id, score, n)
                self._fitness[candidate_id] = (score, n)
            for call, verdict in verdicts.items():
                work.calls.set_verdict(self.session.id, call, verdict)
            for operator in operators:
                work.operators.put(operator)

    def _record(self, candidate: Candidate, source: str) -> CandidateRecord:
        return CandidateRecord(
            variant_id=candidate.id,
            session_id=self.session.id,
            skill_name=self.session.skill,
            prompt=candidate.prompt,
            generation=candidate.generation,
            mutation_type=candidate.operator,
            created_at=self.context.clock(),
            parent_id=candidate.parents[0] if candidate.parents else None,
            mutation_prompt=candidate.mutation_prompt or None,
            origin=source or None,
        )

    def _changed_operators(self, outcome: Outcome) -> list[OperatorRecord]:
        records = operator_records(self.session.id, self.problem, outcome, self.writing)
        changed = [record for record in records if self._operators.get(record.operator) != record]
        self._operators |= {record.operator: record for record in changed}
        return changed


def _verdicts(proposals: Sequence[Proposal]) -> dict[int, str]:
    """Call → the verdict on its proposal; of several the first that is accepted, else the first."""
    ordered = sorted(proposals, key=lambda proposal: proposal.verdict == ACCEPTED, reverse=True)
    verdicts: dict[int, str] = {}
    for proposal in ordered:
        if proposal.call is not None:
            verdicts.setdefault(proposal.call, proposal.verdict)
    return verdicts
