"""The live test of a session, read from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tinyarms.core.settings import AbTesting, EvolutionSettings
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rule import Evidence, Rule
from tinyarms.experiments.rules.sign_e_process import SignEProcess
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.store.db.records import (
    BallotRecord,
    LiveTestPlan,
    SessionRecord,
    VariantRecord,
    VoteRecord,
)
from tinyarms.store.db.repositories.experiments import Agreement
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class LiveTest:
    """A session in its live test, or after it."""

    session: SessionRecord
    variants: Mapping[str, VariantRecord]
    """Those in the test, by id: the incumbent, then the challengers, most promising first."""
    rule: Rule
    outcomes: tuple[Outcome, ...]
    """The answers that count, oldest first: skips and "none of these" too."""
    skips: int
    none_of_these: int
    """How often users wanted none of the options."""
    excluded: Mapping[str, int]
    """Why answers do not count (`late`, `over_cap`, `new_name`) → how many."""
    agreement: Agreement
    """How often all options gave the same output, so that nobody was asked; nothing of single
    mode."""
    started_at: datetime
    limits: AbTesting
    """The settings that the test began with."""

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What the rule knows of the variants."""
        return tuple(
            Arm(variant.id, variant.variant_letter, variant.role, variant.accuracy)
            for variant in self.variants.values()
        )

    @property
    def shown(self) -> tuple[Arm, ...]:
        """The arms that users are asked about."""
        return self.rule.arms_shown(self.arms)

    @property
    def time_runs_from(self) -> datetime:
        """From when the days of its limit count: nobody can vote before the first ballot that has
        a choice. Without such a ballot, from the beginning."""
        return self.agreement.first_choice_at or self.started_at

    @property
    def votes(self) -> int:
        """Picks, or the outcomes of single mode; the other answers move no rule."""
        return sum(
            outcome.picked is not None or outcome.success is not None for outcome in self.outcomes
        )

    def assess(self, now: datetime) -> Evidence:
        """What the votes show. For a session that is over: what they showed when it ended."""
        ended = self.session.completed_at
        moment = now if ended is None else min(now, ended)
        evidence = self.rule.assess(self.arms, self.outcomes, self.time_runs_from, moment)
        agreed, differed, _ = self.agreement
        if evidence.state != "keep" or not agreed or differed:
            return evidence
        reason = f"The outputs were the same on all {agreed} tasks: there was nothing to choose."
        return replace(evidence, state="no_difference", reason=reason)

    @property
    def votes_at_most(self) -> int | None:
        """`None`: no number of votes ends it."""
        return None if is_open_ended(self.session) else self.limits.max_votes

    def days_left(self, now: datetime) -> float | None:
        """Until the time is up; not below 0. `None`: no day ends it."""
        if is_open_ended(self.session):
            return None
        ends = self.time_runs_from + timedelta(days=self.limits.max_duration_days)
        return max(0.0, (ends - now) / timedelta(days=1))

    def gate(self, variant_id: str) -> GateEvidence | None:
        """What the offline gate said of a challenger; `None` where it did not run."""
        return self.session.findings.gate.get(variant_id)


def plan_live_test(
    settings: EvolutionSettings, rule: str, arms: Sequence[str], now: datetime, rounds: int = 1
) -> LiveTestPlan:
    """What a session keeps of its live test: a running test does not change its rules."""
    limits = settings.ab_testing
    if rule == SingleMode.name:
        single = settings.experiment
        changed = {
            "max_votes": single.max_outcomes,
            "max_duration_days": single.max_duration_days,
        }
        limits = limits.model_copy(update=changed)
    return LiveTestPlan(
        rule=rule,
        arms=tuple(arms),
        started_at=now,
        limits=limits,
        min_improvement=settings.learning.min_accuracy_improvement,
        review_below=settings.learning.rollback_threshold,
        rounds=rounds,
    )


def is_single(session: SessionRecord) -> bool:
    """Whether the session's live test, if it has one, serves one prompt a task."""
    return session.live_test is not None and session.live_test.rule == SingleMode.name


def is_open_ended(session: SessionRecord) -> bool:
    """Whether neither a number of votes nor a day ends the session's live test."""
    return session.live_test is not None and session.live_test.rule == SignEProcess.name


def load_live_test(work: UnitOfWork, session: SessionRecord) -> LiveTest:
    """Raises `ExperimentError` if the session never came to its live test."""
    plan = session.live_test_plan
    by_id = {variant.id: variant for variant in work.experiments.variants(session.id)}
    if is_single(session):
        return _single_mode(work, session, plan, by_id)
    chosen = {given.task_id: given.variant_id for given in work.experiments.assignments(session.id)}
    answers = work.experiments.votes(session.id)
    counted = [(vote, asked) for vote, asked in answers if vote.counted]
    return LiveTest(
        session=session,
        variants={variant_id: by_id[variant_id] for variant_id in plan.arms},
        rule=rule_named(plan.rule, plan.limits, session.seed, plan.rounds),
        outcomes=tuple(_outcome(vote, asked, chosen) for vote, asked in counted),
        skips=sum(vote.answer == "skip" for vote, _ in counted),
        none_of_these=sum(vote.answer == "none" for vote, _ in counted),
        excluded=Counter(vote.excluded for vote, _ in answers if vote.excluded is not None),
        agreement=work.experiments.agreement(session.id),
        started_at=plan.started_at,
        limits=plan.limits,
    )


def _single_mode(
    work: UnitOfWork,
    session: SessionRecord,
    plan: LiveTestPlan,
    variants: Mapping[str, VariantRecord],
) -> LiveTest:
    """Its outcomes are those of the tasks that its arms served; the users answer no ballots."""
    return LiveTest(
        session=session,
        variants={variant_id: variants[variant_id] for variant_id in plan.arms},
        rule=rule_named(plan.rule, plan.limits, session.seed, plan.rounds),
        outcomes=tuple(
            Outcome(
                shown=(served.variant_id,),
                chosen=served.variant_id,
                picked=None,
                user=served.user or "",
                at=served.arrived_at or plan.started_at,
                success=served.success,
                probabilities=served.probabilities,
            )
            for served in work.experiments.served(session.id)
        ),
        skips=0,
        none_of_these=0,
        excluded=work.experiments.uncounted(session.id),
        agreement=Agreement(0, 0, None),
        started_at=plan.started_at,
        limits=plan.limits,
    )


def _outcome(vote: VoteRecord, ballot: BallotRecord, chosen: Mapping[str, str]) -> Outcome:
    picked = () if vote.position is None else ballot.at(vote.position)
    return Outcome(
        shown=tuple(option.variant_id for option in ballot.options),
        chosen=chosen.get(ballot.task_id),
        picked=picked[0] if picked else None,
        user=vote.user or "",
        at=vote.created_at,
        same_output=frozenset(picked[1:]),
    )
