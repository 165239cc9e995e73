"""Show an evolution session to the person who runs the skill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.held_out_reuse import wear
from tinyarms.experiments.rule import ArmStatistics, Evidence
from tinyarms.experiments.standings import standings
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.cross_skill import sources_of
from tinyarms.loop.searching.operator_stats import OperatorView, operator_views
from tinyarms.loop.testing.conclude import stored_conclusion
from tinyarms.loop.testing.live_session import LiveTest, load_live_test
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.store.db.records import JudgeGrades, ProbeResult, SessionRecord, VariantRecord
from tinyarms.store.db.repositories.sessions import ORIGINAL_COLUMNS
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
    status: Literal["open", "won", "archived"]
    """What became of it."""
    prompt: str
    """The prompt's text."""
    demonstrations: int
    """How many demonstrations it has."""
    reasoning: str
    """How it was made, in words."""
    shown: bool
    """Whether users are asked about it."""
    votes: int
    mean: float | None
    """Rate that the test's rule estimates, in [0, 1]; `None` before the first vote."""
    interval: tuple[float, float] | None
    """95 % interval of that rate."""
    p_best: float | None
    """Probability that it is the best; `None` where the rule gives none."""
    lead: int | None
    """Votes ahead of the incumbent (by default) or of the best other arm."""
    accuracy: float | None
    accuracy_n: int
    gate: str | None
    """What the offline gate says, in words; `None` where it did not run."""
    offline: GateEvidence | None
    """The same in numbers."""
    asked: int
    """Ballots that show it."""
    assigned: int
    """Tasks that were given to it (`single` mode)."""


@dataclass(frozen=True)
class StandingsView:
    """The live gate vote by vote. Variants by letter, votes in order of arrival."""

    leads: Mapping[str, tuple[int, ...]]
    """Letter → votes ahead of the incumbent (`thompson`: of the best other arm) after each vote."""
    promote_at: tuple[int | None, ...]
    """For vote 1, 2 … up to the limit, the lead that promotes; `None`: no lead promotes yet."""
    keep_below: tuple[int | None, ...]
    """Of the same length: leads all below this keep the incumbent; `None`: no lead does yet."""
    ends: tuple[str, ...]
    """What would end the test, in words; empty when it is over."""


@dataclass(frozen=True)
class WearView:
    """How worn a skill's test set is."""

    gates: int
    """Offline gates that have read it."""
    prompts: int
    """Prompts that were tested on it."""
    luck: float
    """Upper bound of the probability that it let a prompt pass by luck, in [0, 1]."""
    flattery: float
    """Upper bound, on average, of how much too high the best accuracy seen on it is, in [0, 1]."""
    sentence: str
    """The same in words."""


@dataclass(frozen=True)
class ResultsView:
    """An evolution session, for whoever runs the skill; never shown to voters before a vote."""

    session_id: str
    skill: str
    status: Literal["active", "completed", "cancelled"]
    """Whether the session goes on."""
    stage: Literal["searching", "testing", "done"]
    """What it is doing."""
    result: str | None
    """How it ended; `None` while it goes on."""
    trigger_reason: str
    """What began it: `accuracy_drop`, `drift`, `scheduled` or `manual`."""
    optimizer: str
    """How it searched; `manual`: people wrote the variants."""
    triggered_at: datetime
    """When it began."""
    completed_at: datetime | None
    """When it ended; `None` while it goes on."""
    winner: str | None
    """Letter of the variant promoted."""
    spent: Mapping[str, int]
    """Calls and tokens so far: `task_calls`, `test_calls`, `writer_calls`, `judge_calls`,
    `cache_hits`, `prompt_tokens`, `completion_tokens`."""
    operators: tuple[OperatorView, ...]
    """What each operator did."""
    probe: ProbeResult | None
    """What the headroom probe found; `None` where it did not run."""
    judge: JudgeGrades | None
    """What the judge did; `None` where there is none."""
    learned_from: tuple[str, ...]
    """The searches of other skills whose findings this one began with."""
    variants: tuple[ResultVariant, ...]
    """The prompt in production and its challengers."""
    counts: VariantCounts | None
    """How many variants were asked for, found and shown; `None` before the live test."""
    test_wear: WearView | None
    """How worn the test examples are; `None` where there are none."""
    rule: str | None
    """Rule of the live test; `None` before it."""
    votes: int
    skips: int
    """Ballots that users skipped."""
    none_of_these: int
    """Ballots that users answered with none of the options. They are counted, but are no vote
    for an option."""
    excluded: Mapping[str, int]
    """Votes or outcomes that are kept and do not count, by reason: `late`, `over_cap`."""
    standings: StandingsView | None
    """`None` before the live test."""
    votes_needed: int | None
    """The most votes that could still be needed; `None` if nothing limits them, or the test is
    over."""
    waiting: int
    """Ballots that wait for a vote."""
    days_left: float | None
    """Days until the test ends; `None` without a limit, or when it is over."""
    evidence: str
    """What the votes say so far, or what decided."""


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
        test = None if session.live_test is None else load_live_test(work, session)
        variants = work.experiments.variants(session.id)
        waiting = sum(b.session_id == session.id for b in work.experiments.waiting(name))
        spent = work.calls.counts(session.id)
        given = Counter(each.variant_id for each in work.experiments.assignments(session.id))
        asked = Counter(
            option.variant_id
            for ballot in work.experiments.ballots(session.id)
            for option in ballot.options
        )
        operators = work.operators.all(session.id)
        test_wear = _test_wear(context, work, name)
        counts = variant_counts(work, session)
    now = context.clock()
    evidence = test.assess(now) if test else None
    conclusion, original = stored_conclusion(session), ORIGINAL_COLUMNS[session.state]
    going_on = test is not None and session.state.counts_votes
    shown = {arm.id for arm in test.shown} if test else set()
    statistics = evidence.statistics if evidence else {}
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
        spent=spent,
        operators=operator_views(operators),
        judge=session.findings.judge,
        learned_from=sources_of(session.search.inherited if session.search else ()),
        probe=session.findings.probe,
        variants=tuple(
            _variant(
                session,
                variant,
                variant.id in shown,
                statistics,
                asked[variant.id],
                given[variant.id],
            )
            for variant in variants
        ),
        counts=counts,
        test_wear=test_wear,
        rule=test.rule.name if test else None,
        votes=evidence.votes if evidence else 0,
        skips=test.skips if test else 0,
        none_of_these=test.none_of_these if test else 0,
        excluded=test.excluded if test else {},
        standings=_standings(test, going_on) if test else None,
        votes_needed=evidence.votes_needed if evidence and going_on else None,
        waiting=waiting,
        days_left=test.days_left(now) if test and going_on else None,
        evidence=conclusion.reason or _evidence(test, evidence),
    )


def _variant(
    session: SessionRecord,
    variant: VariantRecord,
    shown: bool,
    statistics: Mapping[str, ArmStatistics],
    asked: int,
    assigned: int,
) -> ResultVariant:
    seen = statistics.get(variant.id)
    gate = session.findings.gate.get(variant.id)
    return ResultVariant(
        id=variant.id,
        letter=variant.variant_letter,
        role=variant.role,
        status=variant.status,
        prompt=variant.prompt.text,
        demonstrations=len(variant.prompt.demonstrations),
        reasoning=variant.reasoning,
        shown=shown,
        votes=seen.votes if seen else 0,
        mean=seen.mean if seen else None,
        interval=seen.interval if seen else None,
        p_best=seen.p_best if seen else None,
        lead=seen.lead if seen else None,
        accuracy=variant.accuracy,
        accuracy_n=variant.accuracy_n,
        gate=gate.reason if gate else None,
        offline=gate,
        asked=asked,
        assigned=assigned,
    )


def _standings(test: LiveTest, going_on: bool) -> StandingsView:
    found = standings(test.rule, test.arms, test.outcomes)
    letters = {variant.id: variant.variant_letter for variant in test.variants.values()}
    return StandingsView(
        leads={letters[arm_id]: leads for arm_id, leads in found.leads.items()},
        promote_at=found.promote_at,
        keep_below=found.keep_below,
        ends=found.ends if going_on else (),
    )


def _evidence(test: LiveTest | None, evidence: Evidence | None) -> str:
    if test is None or evidence is None:
        return "The search has not ended."
    return evidence.reason


def _test_wear(context: Context, work: UnitOfWork, name: str) -> WearView | None:
    examples = work.examples.counts(name)["test"]
    if not examples:
        return None
    gates, prompts = work.examples.test_gates(name)
    return WearView(**asdict(wear(gates, prompts, examples, context.project.settings.alpha)))
