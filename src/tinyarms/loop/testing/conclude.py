"""The end of a live test: read the evidence, let `release` decide, and carry the decision out.

A process may be killed between a vote and the decision that follows from it, so every use case
that touches a skill's live test first concludes what is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinyarms.core.errors import ExperimentError, UnwritableFiles
from tinyarms.experiments.rule import Evidence
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import needs_approval
from tinyarms.loop.releasing.holdback_check import conclude_holdback, is_decided
from tinyarms.loop.releasing.release_intent import Releasing, in_production, release
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.unfinished import recover
from tinyarms.loop.testing.live_session import LiveTest, load_live_test
from tinyarms.loop.testing.next_round import begin_next_round, may_have_a_next_round
from tinyarms.loop.testing.winner import release_of
from tinyarms.release.decision import Decision, OfflineEvidence, decide
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

Action = Literal["promote", "keep", "go_on", "no_difference", "review", "cancelled"]

_ACTIONS: Mapping[SessionState, Action] = {
    SessionState.SEARCHING: "go_on",
    SessionState.READY: "go_on",
    SessionState.TESTING: "go_on",
    SessionState.IN_REVIEW: "review",
    SessionState.PROMOTED: "promote",
    SessionState.KEPT: "keep",
    SessionState.NO_DIFFERENCE: "no_difference",
    SessionState.NOTHING_BETTER: "keep",
    SessionState.NOT_WORTH_IT: "keep",
    SessionState.CANCELLED: "cancelled",
}
_ENDS = {"keep": SessionState.KEPT, "no_difference": SessionState.NO_DIFFERENCE}
"""The decisions that end a live test without a promotion."""


def conclude_due(context: Context, name: str) -> list[Conclusion]:
    """Conclude the decided live tests of a skill, finish interrupted releases, and begin the round
    that is due. First, roll back a promotion that turned out worse.

    Returns one conclusion for each live test that ended. Raises `UnwritableFiles` if a release has
    to wait.
    """
    with context.store.read() as work:
        release_waits = bool(work.intents.pending(name)) or is_decided(context, work, name)
        sessions = work.sessions.all(name)
        due = [] if release_waits else _decided_tests(context, work, sessions)
    if release_waits:
        recover(context, name)
        holdback = conclude_holdback(context, name)
        if holdback is not None and holdback.result == "rolled_back":
            context.notices.append(
                f"{name}: version {holdback.version} is rolled back. {holdback.reason}"
            )
        with context.store.read() as work:
            sessions = work.sessions.all(name)
            due = _decided_tests(context, work, sessions)
    concluded = [conclude(context, session_id) for session_id in due]
    if concluded or (sessions and may_have_a_next_round(sessions[-1])):
        begin_next_round(context, name)
    return concluded


def _decided_tests(
    context: Context, work: UnitOfWork, sessions: Sequence[SessionRecord]
) -> list[str]:
    """The ids of the sessions whose live test is decided by its evidence."""
    return [
        session.id
        for session in sessions
        if session.state.counts_votes
        and load_live_test(work, session, context.known_answers).assess(context.clock()).state
        != "go_on"
    ]


def conclude(context: Context, session_id: str) -> Conclusion:
    """Decide on a live test if its evidence suffices. Concurrent processes decide only once.

    Raises `ExperimentError` if there is no such session, or if it has no live test.
    """
    with context.store.read() as work:
        name = work.sessions.get(session_id).skill
    with release(context, name) as releasing:
        return conclude_within(context, releasing, session_id).conclusion


def conclude_within(
    context: Context, releasing: Releasing, session_id: str, test: LiveTest | None = None
) -> Assessment:
    """The same within an open release: a promotion is planned, and the caller's release carries it
    out. While an earlier release waits, voters see the test as over.

    `test`: the live test, if the caller has it. Without one, `releasing` must not have stored
    votes.
    """
    if test is None:
        session = releasing.work.sessions.get(session_id)
        test = load_live_test(releasing.work, session, context.known_answers)
    session, evidence = test.session, test.assess(context.clock())
    if evidence.state != "go_on" and session.state.counts_votes:
        # Whatever is decided, all answers are read for it.
        test = load_live_test(releasing.work, session)
        evidence = test.assess(context.clock())
    if releasing.waits is not None:
        over = Conclusion(session_id, session.skill, "promote", None, str(releasing.waits))
        return Assessment(test, evidence, over)
    if not session.state.counts_votes or evidence.state == "go_on":
        return Assessment(test, evidence, stored_conclusion(session))
    return Assessment(test, evidence, _decide(context, releasing, test, evidence))


def _decide(
    context: Context, releasing: Releasing, test: LiveTest, evidence: Evidence
) -> Conclusion:
    work, session = releasing.work, test.session
    active = in_production(work, session.skill)
    if active.number != session.base_version:
        reason = f"Version {active.number} went into production meanwhile."
        return _end(context, work, session, SessionState.CANCELLED, reason)
    decision = decision_on(test, evidence)
    if decision.action in _ENDS:
        return _end(context, work, session, _ENDS[decision.action], decision.reason)
    if decision.arm is None:
        return stored_conclusion(session)
    winner = test.variants[decision.arm]
    reason = decision.reason
    waits = decision.action == "promote" and needs_approval(context, work, session.skill)
    if waits:
        reason = f"{reason} A person has to approve it (approval: required)."
    if waits or decision.action == "review":
        work.sessions.ask_for_review(session.id, winner.variant_letter, reason)
        return stored_conclusion(work.sessions.get(session.id))
    planned = release_of(context, work, session, winner, active, decision.reason)
    # Equals the session's stored conclusion once the release is carried out.
    promotion = Conclusion(
        session_id=session.id,
        skill=session.skill,
        action="promote",
        variant=winner.variant_letter,
        reason=decision.reason,
    )
    try:
        return replace(promotion, promoted_version=releasing.plan(planned).version)
    except UnwritableFiles as error:
        # The votes stay; the next call decides the same.
        releasing.waits = error
        return replace(promotion, reason=f"{decision.reason} The release waits: {error}")


def _end(
    context: Context, work: UnitOfWork, session: SessionRecord, state: SessionState, reason: str
) -> Conclusion:
    end_session(context, work, session.id, state, reason)
    return stored_conclusion(work.sessions.get(session.id))


def stored_conclusion(session: SessionRecord) -> Conclusion:
    """How a session ended; `go_on` while it is open."""
    decision = session.findings.decision
    if decision is None:
        return Conclusion(session.id, session.skill, "go_on", None, "")
    return Conclusion(
        session_id=session.id,
        skill=session.skill,
        action=_ACTIONS[session.state],
        variant=decision.variant,
        reason=decision.reason,
        promoted_version=decision.version,
    )


def no_open_session(name: str) -> ExperimentError:
    return ExperimentError(
        f"{name} has no evolution session that is open.",
        f"Start one: tinyarms prompt evolve {name}",
    )


@dataclass(frozen=True)
class _Measured:
    """Accuracies that were measured separately, as in the original preset, without a test."""

    gain: float | None
    passed: bool = False
    enough: bool = False
    reason: str = ""


def offline_evidence(test: LiveTest, variant: VariantRecord) -> OfflineEvidence | None:
    """The offline evidence on a challenger; `None`: there is none."""
    gate = test.gate(variant.id)
    if gate is not None:
        return gate
    incumbent = next(v for v in test.variants.values() if v.role == "incumbent")
    if variant.accuracy is None or incumbent.accuracy is None:
        return None
    return _Measured(variant.accuracy - incumbent.accuracy)


def decision_on(test: LiveTest, evidence: Evidence) -> Decision:
    """The decision of the package `release` on the live test's evidence."""
    plan = test.session.live_test_plan
    winner = test.variants.get(evidence.arm) if evidence.arm else None
    return decide(
        evidence,
        offline_evidence(test, winner) if winner else None,
        plan.min_improvement,
        test.session.preset,
        winner.accuracy if winner else None,
        plan.review_below,
    )


@dataclass(frozen=True)
class Assessment:
    """A live test, what its votes show, and the conclusion from them."""

    test: LiveTest
    """The live test before the conclusion."""
    evidence: Evidence
    conclusion: Conclusion


@dataclass(frozen=True)
class Conclusion:
    """How a live test ended, or that it continues."""

    session_id: str
    skill: str
    action: Action
    """The decision; `go_on` while the test runs."""
    variant: str | None
    """Letter of the variant that was promoted or waits for review; `None` if there is none."""
    reason: str
    promoted_version: int | None = None
    """Number of the version that was put into production; `None` if none was."""
