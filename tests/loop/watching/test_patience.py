"""After searches that found nothing better, the next one waits longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.loop.place import BEGIN, SKILL, V1, Place
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.watching.next_step import decide, next_step
from tinyarms.loop.watching.situation import read_situation
from tinyarms.store.db.records import SearchPlan, SessionRecord, SessionState

WEEK = timedelta(days=7)


def search(context: Context, number: int, state: SessionState) -> SessionRecord:
    """A search with the present settings, a week after the previous one."""
    settings = context.project.settings.evolution
    session = SessionRecord(
        id=f"s{number}",
        skill=SKILL,
        original_prompt_hash=V1.hash,
        triggered_at=BEGIN + number * WEEK,
        trigger_reason="scheduled",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=number,
        state=state,
        completed_at=BEGIN + number * WEEK,
        search=SearchPlan(
            variants=3,
            writer="small",
            budget=settings.budget,
            evolution=settings,
            example_ids=tuple(str(example) for example in range(10)),
        ),
    )
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
    return session


def due_after(context: Context, session: SessionRecord) -> timedelta:
    version = active_version(context, SKILL).number
    due = read_situation(context, SKILL, version, None, in_daemon=False).scheduled_at
    assert due is not None
    return due - session.triggered_at


def weekly(place: Place, more: str = "") -> Context:
    place.setting(f"{{triggers: {{schedule: weekly}}{more}}}")
    context = place.open()
    active_version(context, SKILL)
    return context


@pytest.mark.slow
def test_the_wait_doubles_after_each_fruitless_search(place: Place) -> None:
    context = weekly(place)
    states = (SessionState.NOTHING_BETTER, SessionState.NOT_WORTH_IT, SessionState.KEPT)
    for number, state in enumerate((*states, SessionState.NOTHING_BETTER)):
        session = search(context, number, state)
        assert due_after(context, session) == 2 ** min(number + 1, 3) * WEEK


@pytest.mark.slow
def test_a_search_that_did_not_end_fruitless_does_not_count(place: Place) -> None:
    context = weekly(place)
    session = search(context, 0, SessionState.CANCELLED)
    assert due_after(context, session) == WEEK


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [", evolution: {budget: {calls: 900}}", ", evolution: {optimizer: opro}"]
)
def test_other_settings_of_the_search_reset_the_wait(place: Place, more: str) -> None:
    session = search(weekly(place), 0, SessionState.NOTHING_BETTER)
    assert due_after(place.open(), session) == 2 * WEEK
    assert due_after(weekly(place, more), session) == WEEK


@pytest.mark.slow
def test_another_prompt_or_more_examples_reset_the_wait(place: Place) -> None:
    context = weekly(place)
    session = search(context, 0, SessionState.NOTHING_BETTER)
    assert due_after(context, session) == 2 * WEEK
    context.examples(context.skill(SKILL).skill)  # 20 instead of 10.
    assert due_after(context, session) == WEEK


@pytest.mark.slow
def test_the_original_preset_does_not_wait_longer(place: Place) -> None:
    session = search(weekly(place), 0, SessionState.NOTHING_BETTER)
    assert due_after(weekly(place, ", preset: original"), session) == WEEK


@pytest.mark.slow
def test_the_status_explains_the_wait_and_suggests_help(place: Place) -> None:
    context = weekly(place)
    search(context, 0, SessionState.NOTHING_BETTER)
    situation = read_situation(context, SKILL, 1, None, in_daemon=True)
    assert situation.fruitless_searches == 1 and situation.suggestion is not None
    assert next_step(context, SKILL, 1).action == "feedback"  # Nothing has dropped.
    verdict = replace(situation.verdict, state="cooling_down", reason=None)
    step = decide(replace(situation, verdict=verdict, has_outcomes=True))
    assert "The last search found nothing better, so the next one waits longer." in step.next
    assert step.next.endswith(situation.suggestion)
