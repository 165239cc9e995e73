"""Suggest the next step after a search that found nothing better, from its measurements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tinyarms.core.text import counted
from tinyarms.evolution.constants import LARGE_BUDGET_CALLS, PROBE_MIN_GAIN
from tinyarms.evolution.operators.base import PlainOperator
from tinyarms.evolution.operators.catalog import OPERATORS
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.searching.broken_contracts import ContractBreaks
from tinyarms.loop.searching.fruitless import is_fruitless
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.store.db.records import (
    CandidateRecord,
    OperatorRecord,
    ProbeResult,
    SessionRecord,
    SessionState,
)
from tinyarms.store.db.unit_of_work import UnitOfWork

Remedy = Literal[
    "keep_contract",
    "more_examples",
    "more_test_examples",
    "another_judge",
    "another_writer",
    "larger_budget",
    "better_model",
]
_GOLD_HELPS: tuple[Remedy, ...] = ("more_examples", "more_test_examples", "better_model")
"""The remedies that ask for examples."""
_INCUMBENT = "incumbent"
"""The `mutation_type` of the prompt in production."""
_ENOUGH_PROPOSALS = 8
"""Fewest prompts by which a writer is judged. Lower: earlier suggestions, more often by chance."""
_REJECTED_SHARE = 0.75
"""Share of a writer's prompts rejected by guards, in [0, 1], from which another writer is
suggested."""
_SPENT_SHARE = 0.9
"""Share of the budget, in [0, 1], from which the budget counts as the reason for the end of the
search."""
_MOST_EXAMPLES_FACTOR = 5
"""Most times more test examples that are worth gathering to confirm a gain."""


@dataclass(frozen=True)
class Suggestion:
    """The suggested next step after a search that found nothing better."""

    remedy: Remedy
    """The remedy. `keep_contract`: nearly all replies break the contract. `more_examples`: of tasks
    that users see fail. `more_test_examples`: the offline gate had too few to be sure."""
    sentence: str
    """The remedy in words, with the numbers that support it."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The measurements of a search."""

    state: SessionState
    """How it ended."""
    probe: ProbeResult | None
    gate: Sequence[GateEvidence]
    """The offline gate's evidence on each challenger; empty if it did not run."""
    dropped_by_judge: int
    """Variants that the judge dropped."""
    writer: str
    operators: Mapping[str, OperatorRecord]
    """By name."""
    prompts: int
    """Number of prompts tried, without the one in production."""
    lead: float
    """Lead of the best of them on its examples, which may be few, in [-1, 1]."""
    calls: int
    """Task calls made."""
    budget: int | None
    """Task calls allowed; `None`: no limit."""
    contracts: ContractBreaks = field(default_factory=ContractBreaks)
    """How many replies broke the contract."""


def suggestion_of(work: UnitOfWork, session: SessionRecord) -> Suggestion | None:
    """The suggestion after this session; `None` unless its search found nothing better."""
    if not is_fruitless(session):
        return None
    findings, plan = session.findings, session.search_plan
    candidates = work.candidates.all(session.id)
    tried = [c for c in candidates if c.mutation_type != _INCUMBENT]
    incumbent = [c for c in candidates if c.mutation_type == _INCUMBENT]
    suggestion = suggest(
        Measured(
            state=session.state,
            probe=findings.probe,
            gate=list(findings.gate.values()),
            dropped_by_judge=findings.judge.dropped if findings.judge else 0,
            writer=plan.writer,
            operators={record.operator: record for record in work.operators.all(session.id)},
            prompts=len(tried),
            lead=_best(tried) - _best(incumbent),
            calls=work.calls.counts(session.id)["task_calls"],
            budget=plan.budget.calls,
            contracts=ContractBreaks(*work.calls.broken_contracts(session.id)),
        )
    )
    return with_review(suggestion, session.skill, work.examples.collected(session.skill))


def with_review(suggestion: Suggestion, skill: str, waiting: int) -> Suggestion:
    """The suggestion; where gold helps, it names the collected examples that wait for a person."""
    if not waiting or suggestion.remedy not in _GOLD_HELPS:
        return suggestion
    waits = f"{counted(waiting, 'collected example')} {'waits' if waiting == 1 else 'wait'}"
    command = f"tinyarms examples review {skill}"
    return replace(suggestion, sentence=f"{suggestion.sentence} {waits} for a review: {command}")


def _best(candidates: Sequence[CandidateRecord]) -> float:
    return max((candidate.fitness_score or 0.0 for candidate in candidates), default=0.0)


def suggest(measured: Measured) -> Suggestion:
    """The first remedy that the numbers support; the most likely to help comes first."""
    rules = (_by_contracts, _by_probe, _by_judge, _by_gate, _by_writer, _by_budget)
    found = (rule(measured) for rule in rules)
    return next(filter(None, found), None) or Suggestion(
        "better_model",
        f"{counted(measured.prompts, 'prompt')} were tried with "
        f"{counted(measured.calls, 'call')} and none is surely better: try a better model "
        "(`model:` of the skill in config.yaml), or add examples of what still fails.",
    )


def _by_contracts(measured: Measured) -> Suggestion | None:
    contracts = measured.contracts
    return Suggestion("keep_contract", contracts.sentence) if contracts.are_nearly_all else None


def _by_probe(measured: Measured) -> Suggestion | None:
    probe = measured.probe
    if measured.state is not SessionState.NOT_WORTH_IT or probe is None:
        return None
    right, n = probe.numbers.get("right", 0.0), probe.numbers.get("n", 0.0)
    if n and right / n > 1 - 2 * PROBE_MIN_GAIN:
        return Suggestion(
            "more_examples",
            "The examples leave nothing to improve. If users see failures, correct those tasks "
            "(tinyarms feedback TASK_ID --correction TEXT) or add such examples, and search again.",
        )
    return Suggestion(
        "better_model",
        f"Right on {right:.0f} of {n:.0f} examples, and no simple change of the prompt helps: try "
        "a better model (`model:` of the skill in config.yaml).",
    )


def _by_judge(measured: Measured) -> Suggestion | None:
    if measured.state is not SessionState.KEPT or not measured.dropped_by_judge or measured.gate:
        return None
    return Suggestion(
        "another_judge",
        f"The judge dropped {counted(measured.dropped_by_judge, 'variant')}: read them with "
        "`tinyarms prompt results`, and take another judge or a lower `judge.threshold` if they "
        "are good.",
    )


def _by_gate(measured: Measured) -> Suggestion | None:
    """More test examples, if the best challenger would pass with a few times as many."""
    best = max(measured.gate, key=lambda evidence: evidence.gain or 0.0, default=None)
    if best is None or not best.gain or best.gain < PROBE_MIN_GAIN:
        return None
    for factor in range(2, 10 * _MOST_EXAMPLES_FACTOR + 1):
        share = factor / 10
        wins, losses = math.floor(share * best.wins), math.ceil(share * best.losses)
        if share > 1 and exact_sign_test(wins, losses) <= best.threshold:
            return Suggestion(
                "more_test_examples",
                f"The best variant gained {best.gain:.0%} on {best.n} test examples, which is too "
                f"few to be sure: with about {math.ceil(share * best.n)} it would have passed. "
                "Add test examples.",
            )
    return None


def _by_writer(measured: Measured) -> Suggestion | None:
    plain = {operator.name for operator in OPERATORS if isinstance(operator, PlainOperator)}
    written = [record for name, record in measured.operators.items() if name not in plain]
    proposals = sum(record.proposals for record in written)
    accepted = sum(record.accepted for record in written)
    if proposals < _ENOUGH_PROPOSALS:
        return None
    what = f"{counted(proposals, 'prompt')} that {measured.writer} wrote"
    if proposals - accepted >= _REJECTED_SHARE * proposals:
        why = f"Guards rejected {proposals - accepted} of the {what}"
    elif accepted >= _ENOUGH_PROPOSALS and not any(record.beat_parent for record in written):
        why = f"None of the {what} did better than the one it came from"
    else:
        return None
    way = "let another model write (--writer NAME, or evolution.writer_model)"
    return Suggestion("another_writer", f"{why}: {way}.")


def _by_budget(measured: Measured) -> Suggestion | None:
    budget = measured.budget
    if budget is None or measured.calls < _SPENT_SHARE * budget:
        return None
    if budget >= LARGE_BUDGET_CALLS and measured.lead < PROBE_MIN_GAIN:
        return None
    larger = max(LARGE_BUDGET_CALLS, 2 * budget)
    return Suggestion(
        "larger_budget",
        f"The budget of {counted(budget, 'call')} was spent on "
        f"{counted(measured.prompts, 'prompt')}, too little to be sure of any: search with "
        f"--budget {larger}.",
    )
