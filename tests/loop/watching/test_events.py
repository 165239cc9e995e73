from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.daemon.world import World
from tests.end_to_end.project import SKILL
from tests.loop.place import BEGIN
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.watching.events import Event, event, happened, told_of
from tinyarms.store.db.records import HoldbackRecord, SessionRecord

LATER = BEGIN + timedelta(days=3)
SESSION = SessionRecord(
    id="s",
    skill=SKILL,
    original_prompt_hash="h",
    triggered_at=BEGIN,
    trigger_reason="drift",
    trigger_numbers={"said": "It drifted.", "rule": "adwin", "rules": {}},
    base_version=1,
    optimizer="promptbreeder",
    seed=0,
)
ENDED = {"status": "completed", "stage": "done", "completed_at": BEGIN + timedelta(days=1)}
BEGUN = [("drop", "It drifted."), ("evolving", "A search for prompts better than version 1 began.")]


def decided(action: str) -> dict[str, Any]:
    return {"decision": {"action": action, "reason": "So it is.", "variant": "B"}}


def of(world: World, session: SessionRecord) -> list[Event]:
    context = world.open()
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
        return [told_of(each) for each in happened(work, SKILL, BEGIN, LATER)]


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"result": "nothing_better", **ENDED}, "nothing_better", "So it is."),
        ({"result": "not_worth_it", **ENDED}, "not_worth_it", "So it is."),
        ({"result": "kept", **ENDED}, "kept", "So it is."),
        ({"result": "no_difference", **ENDED}, "no_difference", "So it is."),
        ({**ENDED, "status": "cancelled"}, "cancelled", "The session was cancelled. So it is."),
    ],
)
def test_how_a_session_ends(world: World, changes: dict[str, Any], kind: str, said: str) -> None:
    told = of(world, replace(SESSION, settings=decided("any"), **changes))
    assert [(each.kind, each.said) for each in told] == [*BEGUN, (kind, said)]
    assert told[-1].at == ENDED["completed_at"]
    assert told[0].data == {
        "session_id": "s", "reason": "drift", "rule": "adwin", "accuracy": None, "n": None
    }  # fmt: skip


def test_a_winner_that_waits_for_a_person(world: World) -> None:
    told = of(world, replace(SESSION, stage="testing", settings=decided("review")))
    assert [each.kind for each in told] == ["drop", "evolving", "review_wanted"]
    assert told[-1].data["variant"] == "B"
    assert told[-1].at == LATER


def test_what_was_before_the_daemon_is_not_told(world: World) -> None:
    session = replace(SESSION, result="kept", settings=decided("keep"), **ENDED)
    with world.open().store.unit_of_work() as work:
        work.sessions.add(session)
        told = happened(work, SKILL, BEGIN + timedelta(hours=1), LATER)
        assert [each.kind for each in told] == ["kept"]
        work.events.add(told[0])
        assert happened(work, SKILL, BEGIN + timedelta(hours=1), LATER) == []


def test_a_promotion_that_stays(world: World) -> None:
    held = HoldbackRecord(
        id="h",
        skill=SKILL,
        version=2,
        reference=1,
        rule={},
        began_at=BEGIN,
        ended_at=LATER,
        result="kept",
        reason="Not worse.",
    )
    with world.open().store.unit_of_work() as work:
        work.holdbacks.add(held)
        work.holdbacks.add(replace(held, id="i", result="rolled_back"))
        work.holdbacks.add(replace(held, id="j", result=None, ended_at=None))
        told = happened(work, SKILL, BEGIN, LATER)
    assert [(each.kind, each.said) for each in told] == [("stays", "Version 2 stays. Not worse.")]


@pytest.mark.parametrize(
    ("reason", "kind"), [("Rolled back by hand", "rolled_back"), ("Reset by hand", "reset")]
)
def test_what_people_do(world: World, reason: str, kind: str) -> None:
    context = world.open()
    (world.root / "skills" / f"{SKILL}.md").write_text("Is it good or bad?\n")
    assert active_version(context, SKILL).number == 2
    rollback(context, SKILL, 1, reason)
    with context.store.read() as work:
        told = happened(work, SKILL, BEGIN, LATER)
    assert [each.kind for each in told] == ["edited", kind]
    assert (told[1].data["version"], told[1].data["restored"]) == (3, 1)
    assert all(each.data["by_hand"] for each in told)


def test_of_one_subject_there_is_one_event_of_a_kind() -> None:
    first = event("error", SKILL, ("then", "no model"), BEGIN, "No model.")
    assert event("error", SKILL, ("then", "no model"), LATER, "No.").id == first.id
    assert event("refused", SKILL, ("then", "no model"), BEGIN, "No model.").id != first.id
