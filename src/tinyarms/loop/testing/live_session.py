"""The live test of a session, read from the store."""

from __future__ import annotations

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
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.loop.testing.answers import read_session
from tinyarms.store.db.records import LiveTestPlan, SessionRecord, VariantRecord
from tinyarms.store.db.repositories.experiments import Agreement
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class LiveTest:
    """The live test of a session, running or ended."""

    session: SessionRecord
    variants: Mapping[str, VariantRecord]
    """The variants in the test, by id: the incumbent, then the challengers, the most promising
    first."""
    rule: Rule
    outcomes: tuple[Outcome, ...]
    """The answers that count, oldest first, including skips and "none of these"."""
    skips: int
    none_of_these: int
    """How often users chose none of the options."""
    excluded: Mapping[str, int]
    """Why answers do not count (`late`, `over_cap`, `new_name`) → how many."""
    agreement: Agreement
    """How often all outputs were the same, so that nobody was asked; empty in single mode."""
    started_at: datetime
    limits: AbTesting
    """The settings at the start of the test."""
    answers: KnownAnswers | None
    """The answers as they were read; `None` in single mode."""

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The variants as arms of the rule."""
        return tuple(
            Arm(variant.id, variant.variant_letter, variant.role, variant.accuracy)
            for variant in self.variants.values()
        )

    @property
    def shown(self) -> tuple[Arm, ...]:
        """The arms that users are asked about."""
        return self.rule.arms_shown(self.arms)

    @property
    def deadline_counts_from(self) -> datetime:
        """When the days of its limit begin: at the first ballot with a choice, because nobody can
        vote earlier. Without such a ballot, at the start of the test."""
        return self.agreement.first_choice_at or self.started_at

    @property
    def votes(self) -> int:
        """The number of picks, or of outcomes in single mode. No rule counts other answers."""
        return sum(
            outcome.picked is not None or outcome.success is not None for outcome in self.outcomes
        )

    def assess(self, now: datetime) -> Evidence:
        """What the votes show; for a session that has ended, what they showed then."""
        ended = self.session.completed_at
        moment = now if ended is None else min(now, ended)
        evidence = self.rule.assess(self.arms, self.outcomes, self.deadline_counts_from, moment)
        agreed, differed, _ = self.agreement
        if evidence.state != "keep" or not agreed or differed:
            return evidence
        reason = f"The outputs were the same on all {agreed} tasks: there was nothing to choose."
        return replace(evidence, state="no_difference", reason=reason)

    @property
    def votes_at_most(self) -> int | None:
        """The most votes of the test; `None`: no number of votes ends it."""
        return None if is_open_ended(self.session) else self.limits.max_votes

    def days_left(self, now: datetime) -> float | None:
        """Days until the test ends, at least 0. `None`: no day ends it."""
        if is_open_ended(self.session):
            return None
        ends = self.deadline_counts_from + timedelta(days=self.limits.max_duration_days)
        return max(0.0, (ends - now) / timedelta(days=1))

    def gate(self, variant_id: str) -> GateEvidence | None:
        """The offline gate's evidence on a challenger; `None` if it did not run."""
        return self.session.findings.gate.get(variant_id)


def plan_live_test(
    settings: EvolutionSettings, rule: str, arms: Sequence[str], now: datetime, rounds: int = 1
) -> LiveTestPlan:
    """The plan that a session stores for its live test, because a running test keeps its rules."""
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
    """Whether the session has a live test in single mode, with one prompt for each task."""
    return session.live_test is not None and session.live_test.rule == SingleMode.name


def is_open_ended(session: SessionRecord) -> bool:
    """Whether the session has a live test without a limit on votes or days."""
    return session.live_test is not None and session.live_test.rule == SignEProcess.name


def load_live_test(
    work: UnitOfWork, session: SessionRecord, known: dict[str, KnownAnswers] | None = None
) -> LiveTest:
    """Read the live test. Raises `ExperimentError` if the session has none.

    `known`: skill → the answers that this process has read, which it adds to and reads no more.
    `work` must not have written any.
    """
    plan = session.live_test_plan
    by_id = {variant.id: variant for variant in work.experiments.variants(session.id)}
    if is_single(session):
        return _single_mode(work, session, plan, by_id)
    answers = read_session(work, session, {} if known is None else known)
    return LiveTest(
        session=session,
        variants={variant_id: by_id[variant_id] for variant_id in plan.arms},
        rule=rule_named(plan.rule, plan.limits, session.seed, plan.rounds),
        outcomes=answers.outcomes,
        skips=answers.skips,
        none_of_these=answers.none_of_these,
        excluded=answers.excluded,
        agreement=answers.agreement,
        started_at=plan.started_at,
        limits=plan.limits,
        answers=answers,
    )


def _single_mode(
    work: UnitOfWork,
    session: SessionRecord,
    plan: LiveTestPlan,
    variants: Mapping[str, VariantRecord],
) -> LiveTest:
    """Read a live test in single mode. Its outcomes are those of the tasks that its arms served."""
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
        answers=None,
    )
