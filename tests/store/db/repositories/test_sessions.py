from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.store.rows import NOW, SKILL, at, session
from tinyarms.core.errors import ConflictError, ExperimentError
from tinyarms.core.settings import AbTesting, Budget, Evolution
from tinyarms.evolution.problem import Inherited
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import (
    ALLOWED,
    Cost,
    Findings,
    JudgeGrades,
    LiveTestPlan,
    ProbeResult,
    RefreshFinding,
    SearchPlan,
    SessionDecision,
    SessionRecord,
    SessionState,
)
from tinyarms.store.db.repositories.sessions import Sessions

TEST = LiveTestPlan(
    rule="two_gate",
    arms=("s1-", "s1-B"),
    started_at=at(3),
    limits=AbTesting(max_votes=7),
    min_improvement=0.05,
    review_below=0.7,
)
GATE = GateEvidence(100, 0.6, 0.9, 30, 0, 1e-9, 0.025, True, True, "30 wins, 0 losses.")
PROBE = ProbeResult("worth_it", "A simple change fixes 3.", 30, {"right": 12.0, "p": 0.0312})
JUDGE = JudgeGrades("judge", 0.5, (0.75, None), 0, "It dropped nothing.")
FULL = session(
    trigger_reason="accuracy_drop",
    trigger_numbers=TriggerNumbers(
        explanation="Accuracy 60 %.",
        rule="drop",
        accuracy=0.6,
        n=20,
        failures=8,
        accuracy_threshold=0.8,
        sample_size=20,
        hours_since_evolution=None,
        cooldown_hours=168,
        rules={"drop": {"evidence": 12_345.5, "baseline": None}, "skips": {}},
    ),
    state=SessionState.PROMOTED,
    search=SearchPlan(
        variants=2,
        writer="small",
        budget=Budget(calls=None, tokens=9, seconds=1.5),
        evolution=Evolution(population_size=7, optimizer="opro"),
        cost=Cost(21.5, None),
        failures=("e3", "e1"),
        example_ids=("e1", "e2", "e3"),
        inherited=(Inherited("combine", 9, 4, ("Say: ja.",), ("Grüße.",), "other (session 1)"),),
    ),
    live_test=TEST,
    findings=Findings(
        probe=PROBE,
        judge=JUDGE,
        gate={"s1-B": GATE},
        decision=SessionDecision(reason="It leads.", variant="B", version=2),
    ),
    completed_at=at(5),
    promoted_at=at(5),
)


def test_a_session_comes_back_as_it_went_in(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.sessions.add(replace(FULL, id="s2"))
        uow.sessions.add(session("s3", author="people", search=None, state=SessionState.READY))
    with store.read() as uow:
        assert uow.sessions.get("s1") == session()
        assert uow.sessions.get("s2") == replace(FULL, id="s2")
        assert uow.sessions.find("s2") == replace(FULL, id="s2")
        assert uow.sessions.get("s3").search is None
        assert uow.sessions.find("s4") is None


def test_a_session_that_is_not_there(store: Store) -> None:
    steps: list[Callable[[Sessions], object]] = [
        lambda sessions: sessions.get("s9"),
        lambda sessions: sessions.make_ready("s9"),
        lambda sessions: sessions.note_probe("s9", PROBE),
        lambda sessions: sessions.end("s9", SessionState.CANCELLED, "", NOW),
    ]
    for step in steps:
        with (
            pytest.raises(ExperimentError, match="There is no evolution session s9"),
            store.unit_of_work() as uow,
        ):
            step(uow.sessions)


@pytest.mark.slow
def test_findings_are_kept_beside_each_other(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.sessions.note_probe("s1", PROBE)
        uow.sessions.note_judge("s1", JUDGE)
        uow.sessions.make_ready("s1")
        uow.sessions.note_gate("s1", {"s1-B": GATE})
        uow.sessions.begin_test("s1", TEST)
        uow.sessions.ask_for_review("s1", "B", "It is weak.")
    with store.read() as uow:
        decision = SessionDecision(reason="It is weak.", variant="B")
        assert uow.sessions.get("s1") == session(
            state=SessionState.IN_REVIEW,
            live_test=TEST,
            findings=Findings(probe=PROBE, judge=JUDGE, gate={"s1-B": GATE}, decision=decision),
        )


def _move(sessions: Sessions, state: SessionState) -> None:
    """By the verb that leads to the state."""
    match state:
        case SessionState.READY:
            sessions.make_ready("s1")
        case SessionState.TESTING:
            sessions.begin_test("s1", TEST)
        case SessionState.IN_REVIEW:
            sessions.ask_for_review("s1", "B", "Weak.")
        case SessionState.PROMOTED:
            sessions.promote("s1", "B", 2, "It leads.", at(9))
        case _:
            sessions.end("s1", state, "So it is.", at(9))


@pytest.mark.slow
@pytest.mark.parametrize("before", SessionState)
def test_a_state_follows_only_those_that_the_drawing_shows(
    sqlite_store: Store, before: SessionState
) -> None:
    reachable = set(SessionState) - {SessionState.SEARCHING, before}
    for after in reachable:
        with sqlite_store.unit_of_work() as uow:
            uow.sessions._connection.execute(text("DELETE FROM prompt_evolution_sessions"))
            uow.sessions.add(session(state=before))
        if after in ALLOWED[before]:
            with sqlite_store.unit_of_work() as uow:
                _move(uow.sessions, after)
                assert uow.sessions.get("s1").state is after
            continue
        with (
            pytest.raises(ConflictError, match=f"cannot become {after.words}"),
            sqlite_store.unit_of_work() as uow,
        ):
            _move(uow.sessions, after)
        with sqlite_store.read() as uow:
            assert uow.sessions.get("s1") == session(state=before)


def test_every_state_is_open_or_has_ended() -> None:
    assert {state for state in SessionState if state.is_open} == {
        SessionState.SEARCHING,
        SessionState.READY,
        SessionState.TESTING,
        SessionState.IN_REVIEW,
    }
    assert all(state.is_open is not state.is_terminal for state in SessionState)
    assert [state for state in SessionState if state.counts_votes] == [SessionState.TESTING]
    assert set(ALLOWED) == set(SessionState)
    # What has ended stays so, but for a promotion by hand.
    ended = [state for state in SessionState if state.is_terminal]
    assert {after for state in ended for after in ALLOWED[state]} == {SessionState.PROMOTED}


def columns(store: Store, session_id: str = "s1") -> tuple[str | None, ...]:
    """The original design's columns."""
    query = "SELECT status, stage, result, winning_variant FROM prompt_evolution_sessions"
    with store.read() as uow:
        where = text(f"{query} WHERE id = :id")
        return tuple(uow.sessions._connection.execute(where, {"id": session_id}).one())


def test_the_columns_of_the_original_design_follow_the_state(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
    assert columns(store) == ("active", "searching", None, None)
    expected = {
        SessionState.READY: ("active", "searching", None, None),
        SessionState.TESTING: ("active", "testing", None, None),
        SessionState.IN_REVIEW: ("active", "testing", None, None),
        SessionState.KEPT: ("completed", "done", "kept", None),
        SessionState.PROMOTED: ("completed", "done", "promoted", "variant_b"),
    }
    for state, found in expected.items():
        with store.unit_of_work() as uow:
            _move(uow.sessions, state)
        assert columns(store) == found
    for number, (state, result) in enumerate(
        {
            SessionState.NO_DIFFERENCE: ("completed", "done", "no_difference", None),
            SessionState.NOTHING_BETTER: ("completed", "done", "nothing_better", None),
            SessionState.NOT_WORTH_IT: ("completed", "done", "not_worth_it", None),
            SessionState.CANCELLED: ("cancelled", "done", None, None),
        }.items()
    ):
        with store.unit_of_work() as uow:
            uow.sessions.add(session(f"ended-{number}", state=state))
        assert columns(store, f"ended-{number}") == result


def test_times_of_the_end(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session(state=SessionState.TESTING))
        uow.sessions.end("s1", SessionState.KEPT, "No lead.", at(5))
    with store.unit_of_work() as uow:
        kept = uow.sessions.get("s1")
        assert (kept.completed_at, kept.promoted_at) == (at(5), None)
        uow.sessions.promote("s1", "B", 2, "By hand.", at(9))
        promoted = uow.sessions.get("s1")
    assert (promoted.completed_at, promoted.promoted_at) == (at(5), at(9))
    assert promoted.findings.decision == SessionDecision(reason="By hand.", variant="B", version=2)


def test_an_id_is_taken_once(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
    with pytest.raises(ConflictError), store.unit_of_work() as uow:
        uow.sessions.add(session())


@pytest.mark.parametrize("state", [state for state in SessionState if state.is_open])
def test_open_is_the_one_that_goes_on_and_latest_the_newest(
    store: Store, state: SessionState
) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session("s1", state=state))
        ended = SessionState.CANCELLED
        uow.sessions.add(session("s2", triggered_at=at(1), state=ended))
        uow.sessions.add(session("s3", triggered_at=at(2), skill="other"))
    with store.read() as uow:
        opened, latest = uow.sessions.open(SKILL), uow.sessions.latest(SKILL)
        assert opened is not None and opened.id == "s1"
        assert latest is not None and latest.id == "s2"
        assert [each.id for each in uow.sessions.all(SKILL)] == ["s1", "s2"]
        assert uow.sessions.open("nobody") is None


def test_a_session_without_a_search_or_a_test_says_so() -> None:
    people: SessionRecord = session(author="people", search=None, state=SessionState.READY)
    assert not people.in_search and session(state=SessionState.READY).in_search
    with pytest.raises(ExperimentError, match="The session s1 has no search"):
        _ = people.search_plan
    with pytest.raises(ExperimentError, match="The session s1 has no live test"):
        _ = people.live_test_plan
    assert FULL.live_test_plan.started_at - NOW == timedelta(minutes=3)


def test_a_refresh_is_no_evolution(store: Store) -> None:
    refresh = session("r", author="refresh", optimizer="refresh", state=SessionState.READY)
    finding = RefreshFinding(snapshot="ab", rows=120, gate=GATE)
    with store.unit_of_work() as work:
        work.sessions.add(session())
        work.sessions.add(replace(refresh, triggered_at=at(1)))
        work.sessions.note_refresh("r", finding)
        work.sessions.promote("r", None, 2, "It passed.", at(2))
    with store.read() as work:
        [evolution] = work.sessions.all(SKILL)
        assert evolution == work.sessions.latest(SKILL) == work.sessions.open(SKILL)
        assert evolution.id == "s1"
        [found] = work.sessions.refreshes(SKILL)
        assert found == work.sessions.get("r")
    assert found.findings.refresh == finding
    assert found.findings.decision == SessionDecision(reason="It passed.", version=2)
