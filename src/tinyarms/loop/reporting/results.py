"""Show an evolution session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.core.prices import Money, RolePrices
from tinyarms.experiments.rule import ArmStatistics
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.held_out_reuse import ReuseView, reuse_view
from tinyarms.loop.reporting.result_variants import ResultVariant, costs_of, result_variant
from tinyarms.loop.reporting.standings import StandingsView, standings_view
from tinyarms.loop.reporting.waiting_release import waiting_release
from tinyarms.loop.searching.cross_skill import sources_of
from tinyarms.loop.searching.operator_stats import OperatorView, operator_views
from tinyarms.loop.searching.pricing import prices_of
from tinyarms.loop.searching.suggestion import Suggestion, suggestion_of
from tinyarms.loop.testing.conclude import stored_conclusion
from tinyarms.loop.testing.live_session import LiveTest, load_live_test
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.store.db.records import (
    JudgeGrades,
    OperatorRecord,
    ProbeResult,
    PromptCost,
    SessionRecord,
    SessionState,
    VariantRecord,
)
from tinyarms.store.db.repositories.sessions import ORIGINAL_COLUMNS
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ResultsView:
    """An evolution session, for the skill's operator. Never shown to voters before a vote."""

    session_id: str
    skill: str
    status: Literal["active", "completed", "cancelled"]
    """Whether the session is open."""
    stage: Literal["searching", "testing", "done"]
    """Its present stage."""
    result: str | None
    """How it ended; `None` while it is open."""
    trigger_reason: str
    """Its trigger: `accuracy_drop`, `drift`, `scheduled` or `manual`."""
    optimizer: str
    """The optimizer; `manual`: people wrote the variants."""
    triggered_at: datetime
    """When it began."""
    completed_at: datetime | None
    """When it ended; `None` while it is open."""
    winner: str | None
    """Letter of the promoted variant."""
    spent: Mapping[str, int]
    """Calls and tokens so far: `task_calls`, `test_calls`, `writer_calls`, `judge_calls`,
    `cache_hits`, `prompt_tokens`, `completion_tokens`."""
    money: Money
    """What the calls so far cost, in US dollars, by role."""
    operators: tuple[OperatorView, ...]
    """The results of each operator."""
    probe: ProbeResult | None
    """The headroom probe's report; `None` if it did not run."""
    judge: JudgeGrades | None
    """The judge's grades; `None` if there is no judge."""
    learned_from: tuple[str, ...]
    """The searches of other skills that this one learned from."""
    variants: tuple[ResultVariant, ...]
    """The prompt in production and its challengers."""
    counts: VariantCounts | None
    """Numbers of variants requested, found and shown; `None` before the live test."""
    test_set_reuse: ReuseView | None
    """The reuse of the test examples by earlier gates; `None` if there are none."""
    rule: str | None
    """Rule of the live test; `None` before it."""
    votes: int
    skips: int
    """Number of skipped ballots."""
    none_of_these: int
    """Number of ballots answered with none of the options. They are no vote for an option."""
    agreed: int
    """Number of tasks on which all options gave the same output, so that nobody was asked."""
    excluded: Mapping[str, int]
    """Number of votes or outcomes that are stored but do not count, by reason: `late`, `over_cap`,
    `new_name`."""
    standings: StandingsView | None
    """`None` before the live test."""
    votes_needed: int | None
    """Most votes still needed; `None` without a limit, or when the test is over."""
    waiting: int
    """Ballots that wait for a vote."""
    days_left: float | None
    """Days until the test ends; `None` without a limit, or when the test is over."""
    evidence: str
    """The evidence of the votes so far, or the decision, in words."""
    suggestion: Suggestion | None
    """The suggested next step after a search that found nothing better; else `None`."""
    waiting_release: str | None
    """The release that waits to be carried out, in words; `None` if there is none."""


def results(context: Context, name: str) -> ResultsView:
    """The latest evolution session. Changes nothing. Raises `ExperimentError` if there is none."""
    context.skill(name)
    with context.store.read() as work:
        session = work.sessions.latest(name)
        if session is None:
            raise ExperimentError(
                f"{name} has no evolution session yet.",
                f"Start one: tinyarms prompt evolve {name}",
            )
        rows = _read(work, session, prices_of(context, session))
        counts, suggestion = variant_counts(work, session), suggestion_of(work, session)
        reuse = reuse_view(work, name, context.project.settings.alpha)
    test, now = rows.test, context.clock()
    evidence = test.assess(now) if test else None
    conclusion, original = stored_conclusion(session), ORIGINAL_COLUMNS[session.state]
    goes_on = test is not None and session.state.counts_votes
    return ResultsView(
        session_id=session.id,
        skill=name,
        status=original.status,
        stage=original.stage,
        result=original.result,
        trigger_reason=session.trigger_reason,
        optimizer=session.optimizer,
        triggered_at=session.triggered_at,
        completed_at=session.completed_at,
        winner=conclusion.variant if conclusion.action == "promote" else None,
        spent=rows.spent,
        money=rows.money,
        operators=operator_views(rows.operators),
        probe=session.findings.probe,
        judge=session.findings.judge,
        learned_from=sources_of(session.search.inherited if session.search else ()),
        variants=_variants(session, rows, evidence.statistics if evidence else {}),
        counts=counts,
        test_set_reuse=reuse,
        rule=test.rule.name if test else None,
        votes=evidence.votes if evidence else 0,
        skips=test.skips if test else 0,
        none_of_these=test.none_of_these if test else 0,
        agreed=test.agreement.agreed if test else 0,
        excluded=test.excluded if test else {},
        standings=standings_view(test, goes_on) if test else None,
        votes_needed=evidence.votes_needed if evidence and goes_on else None,
        waiting=rows.waiting,
        days_left=test.days_left(now) if test and goes_on else None,
        evidence=conclusion.reason or (evidence.reason if evidence else _not_decided(session)),
        suggestion=suggestion,
        waiting_release=waiting_release(context, name),
    )


def _not_decided(session: SessionRecord) -> str:
    """The sentence before there is evidence."""
    part = "offline gate" if session.state is SessionState.READY else "search"
    return f"The {part} has not ended."


@dataclass(frozen=True)
class _Rows:
    """The stored rows of a session."""

    test: LiveTest | None
    """`None` before the live test."""
    variants: Sequence[VariantRecord]
    operators: Sequence[OperatorRecord]
    spent: Mapping[str, int]
    money: Money
    waiting: int
    """Ballots that wait for a vote."""
    asked: Mapping[str, int]
    """Variant id → number of ballots that show it."""
    assigned: Mapping[str, int]
    """Variant id → number of tasks assigned to it."""
    costs: Mapping[str, PromptCost]
    """Variant id → its mean cost for each task."""


def _read(work: UnitOfWork, session: SessionRecord, prices: RolePrices) -> _Rows:
    return _Rows(
        test=None if session.live_test is None else load_live_test(work, session),
        variants=work.experiments.variants(session.id),
        operators=work.operators.all(session.id),
        spent=work.calls.counts(session.id),
        money=work.calls.money(session.id, prices),
        waiting=work.experiments.count_waiting(session.skill, session_id=session.id),
        asked=work.experiments.count_asked(session.id),
        assigned=work.experiments.count_assigned(session.id),
        costs=costs_of(work, session.id),
    )


def _variants(
    session: SessionRecord, rows: _Rows, statistics: Mapping[str, ArmStatistics]
) -> tuple[ResultVariant, ...]:
    shown = {arm.id for arm in rows.test.shown} if rows.test else set()
    return tuple(
        result_variant(
            variant,
            shown=variant.id in shown,
            statistics=statistics.get(variant.id),
            gate=session.findings.gate.get(variant.id),
            asked=rows.asked.get(variant.id, 0),
            assigned=rows.assigned.get(variant.id, 0),
            cost=rows.costs.get(variant.id),
        )
        for variant in rows.variants
    )
