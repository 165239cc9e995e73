from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.daemon.world import World
from tests.end_to_end.project import SKILL
from tests.loop.place import BEGIN
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import reset, rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.watching.events import Event, event, event_of, happened, record_of
from tinyarms.loop.watching.journal import tell
from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.store.db.records import (
    Findings,
    HoldbackRecord,
    SessionDecision,
    SessionRecord,
    SessionState,
)

LATER = BEGIN + timedelta(days=3)
SESSION = SessionRecord(
    id="s",
    skill=SKILL,
    original_prompt_hash="h",
    triggered_at=BEGIN,
    trigger_reason="drift",
    trigger_numbers=TriggerNumbers(
        explanation="It drifted.",
        rule="adwin",
        accuracy=0.7,
        n=20,
        failures=6,
        accuracy_threshold=0.8,
        sample_size=20,
        hours_since_evolution=None,
        cooldown_hours=168,
        rules={},
    ),
    base_version=1,
    preset="default",
    author="writer",
    optimizer="promptbreeder",
    seed=0,
    state=SessionState.SEARCHING,
)
ENDED_AT = BEGIN + timedelta(days=1)
DECIDED = Findings(decision=SessionDecision(reason="So it is.", variant="B"))
BEGUN = [("drop", "It drifted."), ("evolving", "A search for prompts better than version 1 began.")]


def of(world: World, session: SessionRecord) -> list[Event]:
    context = world.open()
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
        return happened(work, SKILL, BEGIN, LATER)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "kind", "summary"),
    [
        (SessionState.NOTHING_BETTER, "nothing_better", "So it is."),
        (SessionState.NOT_WORTH_IT, "not_worth_it", "So it is."),
        (SessionState.KEPT, "kept", "So it is."),
        (SessionState.NO_DIFFERENCE, "no_difference", "So it is."),
        (SessionState.CANCELLED, "cancelled", "The session was cancelled. So it is."),
    ],
)
def test_the_event_of_the_end_of_a_session(
    world: World, state: SessionState, kind: str, summary: str
) -> None:
    events = of(world, replace(SESSION, findings=DECIDED, state=state, completed_at=ENDED_AT))
    assert [(event.kind, event.summary) for event in events] == [*BEGUN, (kind, summary)]
    assert events[-1].at == ENDED_AT
    assert events[0].data == {
        "session_id": "s", "reason": "drift", "rule": "adwin", "accuracy": 0.7, "n": 20
    }  # fmt: skip


@pytest.mark.slow
def test_the_event_of_a_winner_that_waits_for_a_person(world: World) -> None:
    events = of(world, replace(SESSION, state=SessionState.IN_REVIEW, findings=DECIDED))
    assert [event.kind for event in events] == ["drop", "evolving", "review_wanted"]
    assert events[-1].data["variant"] == "B"
    assert events[-1].at == LATER


@pytest.mark.slow
def test_events_before_the_daemon_began_are_not_reported(world: World) -> None:
    columns = {"state": SessionState.KEPT, "findings": DECIDED, "completed_at": ENDED_AT}
    session = replace(SESSION, **columns)  # type: ignore[arg-type]
    with world.open().store.unit_of_work() as work:
        work.sessions.add(session)
        events = happened(work, SKILL, BEGIN + timedelta(hours=1), LATER)
        assert [event.kind for event in events] == ["kept"]
        work.events.add(record_of(events[0]))
        assert [event_of(stored) for stored in work.events.untold()] == events
        assert happened(work, SKILL, BEGIN + timedelta(hours=1), LATER) == []


@pytest.mark.slow
def test_an_event_that_only_a_newer_program_knows_is_left_to_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    context = world.open()
    known = event("pruned", SKILL, 1, BEGIN, "Rows were deleted.")
    newer = replace(record_of(known), id="newer", kind="teleported")
    with context.store.unit_of_work() as work:
        work.events.add(newer)
        work.events.add(record_of(known))
    told: list[Event] = []
    for _ in range(2):
        tell(context, told.append)
    assert told == [known] and list(daemon_status(context).events) == [known]
    with context.store.read() as work:
        assert [row.id for row in work.events.untold()] == ["newer"]
    [line] = [record.getMessage() for record in caplog.records]
    assert "newer tinyArms" in line and "'teleported'" in line and "Update" in line


@pytest.mark.slow
def test_the_event_of_a_promotion_that_stays(world: World) -> None:
    holdback = HoldbackRecord(
        id="h",
        skill=SKILL,
        version=2,
        reference=1,
        rule=HoldbackRule(0.2, 0.04),
        began_at=BEGIN,
        ended_at=LATER,
        result="kept",
        reason="Not worse.",
    )
    with world.open().store.unit_of_work() as work:
        work.holdbacks.add(holdback)
        work.holdbacks.add(replace(holdback, id="i", result="rolled_back"))
        work.holdbacks.add(replace(holdback, id="j", result=None, ended_at=None))
        events = happened(work, SKILL, BEGIN, LATER)
    assert [(event.kind, event.summary) for event in events] == [
        ("stays", "Version 2 stays. Not worse.")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (rollback, "rolled_back"),
        (reset, "reset"),
        # What it is told as does not hang on the words that a person gives.
        (lambda context, name: rollback(context, name, 1, "Reset my mood"), "rolled_back"),
    ],
)
def test_the_events_of_steps_by_people(
    world: World, step: Callable[[Context, str], object], kind: str
) -> None:
    context = world.open()
    (world.root / "skills" / f"{SKILL}.md").write_text("Is it good or bad?\n")
    assert active_version(context, SKILL).number == 2
    step(context, SKILL)
    with context.store.read() as work:
        events = happened(work, SKILL, BEGIN, LATER)
    assert [event.kind for event in events] == ["edited", kind]
    assert (events[1].data["version"], events[1].data["restored"]) == (3, 1)
    assert all(event.data["by_hand"] for event in events)


def test_a_subject_has_one_event_of_each_kind() -> None:
    first = event("error", SKILL, ("then", "no model"), BEGIN, "No model.")
    assert event("error", SKILL, ("then", "no model"), LATER, "No.").id == first.id
    assert event("refused", SKILL, ("then", "no model"), BEGIN, "No model.").id != first.id
