"""The doubts about a variant that a person promotes."""

from __future__ import annotations

from datetime import datetime

from tinyarms.loop.testing.conclude import decision_on
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.store.db.records import SessionRecord, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def promotion_doubts(
    work: UnitOfWork, session: SessionRecord, chosen: VariantRecord, active: int, now: datetime
) -> str | None:
    """The doubts in words; `None` if the evidence supports the variant.

    `active`: number of the version in production.
    """
    in_production = active == session.base_version
    incumbent = "the prompt in production" if in_production else f"version {session.base_version}"
    live, details = _live_doubt(work, session, chosen, incumbent, now)
    offline, gate_reason = _offline_doubt(work, session, chosen, incumbent)
    doubts = ", and ".join(filter(None, (live, offline)))
    if not doubts:
        return None
    undo = f"To undo: tinyarms prompt rollback {session.skill}"
    sentence = f"{doubts[0].upper()}{doubts[1:]}."
    return " ".join(filter(None, (sentence, details, gate_reason, undo)))


def _live_doubt(
    work: UnitOfWork,
    session: SessionRecord,
    chosen: VariantRecord,
    incumbent: str,
    now: datetime,
) -> tuple[str, str]:
    """A clause, and the reason why the live test ended, if it has; both empty without doubts."""
    if session.live_test is None:
        return f"variant {chosen.variant_letter} was not in a live test", ""
    test = load_live_test(work, session)
    if chosen.id not in {arm.id for arm in test.shown}:
        return f"users were never asked about variant {chosen.variant_letter}", ""
    evidence = test.assess(now)
    decision = decision_on(test, evidence)
    if decision.arm == chosen.id and decision.action == "promote":
        return "", ""
    clause = _outcomes(test, chosen, incumbent, now) if is_single(session) else None
    clause = clause or _preference(test, chosen, incumbent, now)
    return clause, "" if evidence.state == "go_on" else decision.reason


def _preference(test: LiveTest, chosen: VariantRecord, incumbent: str, now: datetime) -> str:
    """A clause about which variant users prefer so far."""
    evidence = test.assess(now)
    if not evidence.votes:
        return "no user has voted yet"
    picks = {arm_id: arm.votes for arm_id, arm in evidence.statistics.items()}
    best = max(picks, key=lambda arm_id: picks[arm_id])
    votes = f"{evidence.votes} vote{'' if evidence.votes == 1 else 's'}"
    if picks[chosen.id] == picks[best]:
        alone = list(picks.values()).count(picks[best]) == 1
        if alone:
            return f"users prefer this variant ({picks[best]} of {votes}), but too few have voted"
        return f"users do not prefer this variant ({picks[best]} of {votes}, as many as another)"
    leader = test.variants[best]
    name = incumbent if leader.role == "incumbent" else f"variant {leader.variant_letter}"
    return f"users prefer {name} ({picks[best]} of {votes})"


def _outcomes(test: LiveTest, chosen: VariantRecord, incumbent: str, now: datetime) -> str:
    """A clause about how often tasks succeed in single mode."""
    statistics = test.assess(now).statistics
    base = next(v.id for v in test.variants.values() if v.role == "incumbent")
    counts = [
        f"{0 if arm.mean is None else arm.mean:.0%} of {arm.votes} tasks"
        for arm in (statistics[chosen.id], statistics[base])
    ]
    return f"{counts[0]} succeeded with this variant, {counts[1]} with {incumbent}"


def _offline_doubt(
    work: UnitOfWork, session: SessionRecord, chosen: VariantRecord, incumbent: str
) -> tuple[str, str]:
    """A clause, and the gate's reason; both empty without doubts."""
    gate = session.findings.gate.get(chosen.id)
    if gate is not None:
        return ("", "") if gate.passed else ("it did not pass the offline gate", gate.reason)
    variants = work.experiments.variants(session.id)
    base = next((v.accuracy for v in variants if v.role == "incumbent"), None)
    unread = "no offline gate has read this variant"
    if base is None or chosen.accuracy is None:
        return unread, ""
    if chosen.accuracy > base:
        return "", ""
    return f"it is not better than {incumbent} on the search's examples, and {unread}", ""
