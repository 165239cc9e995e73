"""People, cron and the daemon get the same answer about the next step of a skill."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.daemon.world import SETTINGS, World, fails
from tests.end_to_end.project import SKILL, text
from tests.store.rows import variant
from tinyarms.core.settings import Budget, Evolution
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.watching import journal
from tinyarms.loop.watching.check import monitor_once
from tinyarms.loop.watching.next_step import next_step
from tinyarms.loop.watching.step import NextStep
from tinyarms.monitoring.verdict import State
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.store.db.records import (
    Findings,
    HoldbackRecord,
    SearchPlan,
    SessionDecision,
    SessionRecord,
    SessionState,
)

ASKERS = (
    "tinyarms.loop.reporting.stats",
    "tinyarms.loop.reporting.daemon_status",
    "tinyarms.loop.watching.check",
    "tinyarms.daemon.daemon",
)


def add_session(world: World, **changes: Any) -> None:
    session = SessionRecord(
        id="s",
        skill=SKILL,
        original_prompt_hash="h",
        triggered_at=world.moment.now - timedelta(days=30),
        trigger_reason="accuracy_drop",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.SEARCHING,
        search=SearchPlan(variants=1, writer="small", budget=Budget(), evolution=Evolution()),
    )
    with world.open().store.unit_of_work() as work:
        work.sessions.add(replace(session, **changes))


def drop(world: World) -> None:
    fails(world.open())


def succeed(world: World) -> None:
    context = world.open()
    feedback(context, run(context, SKILL, {"text": text(500)}).task_id, success=True)
    context.finish_background()


def quiet(world: World) -> None:
    now = world.moment.now.astimezone()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    settings = world.root / "config" / "constants.yaml"
    settings.write_text(f"{settings.read_text()}  quiet_hours: {hours}\n")


def disable(world: World) -> None:
    world.settings("  enabled: false\n")


def forbid(world: World) -> None:
    config = world.root / "config.yaml"
    rules = f"  {SKILL}:\n    evolvable: false\n    reason: rules are rules\n"
    config.write_text(config.read_text().replace(f"  {SKILL}:\n", rules))


def fail(world: World) -> None:
    retry_at = world.moment.now + timedelta(minutes=10)
    journal.note_failure(world.open(), SKILL, "error", "no model", retry_at)


def ask_once_a_day(world: World) -> None:
    world.settings("  preset: original\n")
    journal.note_no_drop(world.open(), SKILL)


def schedule(world: World) -> None:
    scheduled = SETTINGS.replace("{sample_size: 5,", "{schedule: weekly, sample_size: 5,")
    (world.root / "config" / "constants.yaml").write_text(scheduled)


def interrupt(world: World) -> None:
    add_session(world)


def interrupt_by_hand(world: World) -> None:
    add_session(world, trigger_reason="manual")


def cool_down(world: World) -> None:
    now = world.moment.now - timedelta(hours=1)
    add_session(world, state=SessionState.KEPT, triggered_at=now, completed_at=now)
    fails(world.open(), 500)


def win(world: World) -> None:
    decision = SessionDecision(reason="So it is.", variant="B")
    add_session(world, state=SessionState.IN_REVIEW, findings=Findings(decision=decision))
    with world.open().store.unit_of_work() as work:
        work.experiments.add_variants([variant("B", "s")])


def begin_test(world: World) -> None:
    world.daemon().tick()


def hold(world: World) -> None:
    held = HoldbackRecord(
        id="h",
        skill=SKILL,
        version=1,
        reference=1,
        rule=HoldbackRule(0.2, 0.04),
        began_at=world.moment.now,
    )
    with world.open().store.unit_of_work() as work:
        work.holdbacks.add(held)


def nothing(world: World) -> None:
    """The project as it is."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, NextStep]:
    """What each asker heard."""
    heard: dict[str, NextStep] = {}
    for module in ASKERS:

        def ask(*args: Any, module: str = module, **options: Any) -> NextStep:
            heard[module] = next_step(*args, **options)
            return heard[module]

        monkeypatch.setattr(f"{module}.next_step", ask)
    return heard


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The searches that the daemon begins and resumes."""
    done: list[str] = []

    def note(context: Context, step: NextStep, listener: Listener) -> None:
        done.append(step.action)

    monkeypatch.setattr("tinyarms.daemon.daemon.begin_or_resume", note)
    return done


def answer(step: NextStep) -> dict[str, object]:
    """All of it but the numbers of the rules that are not in use: only the check reads those."""
    parts = {field.name: getattr(step, field.name) for field in fields(step)}
    verdict = step.verdict
    return parts | {"verdict": (verdict.state, verdict.explanation), "would": step.would}


def compare(
    world: World, context: Context, asked: dict[str, NextStep], searches: list[str]
) -> NextStep:
    """Ask in every way, and return the one answer."""
    view = stats(context, SKILL)
    [standing] = daemon_status(context).skills
    [check] = monitor_once(context, [SKILL])
    world.daemon(context).tick()
    assert set(asked) == set(ASKERS)
    step, *others = asked.values()
    assert [answer(other) for other in others] == [answer(step)] * len(others)
    assert (view.status, view.next) == (standing.status, standing.next) == (step.status, step.next)
    assert (standing.state, standing.next_at) == (step.state, step.until)
    assert check.would == step.would
    assert searches == ([step.action] if step.may_search else [])
    return step


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepare", "verdict_state", "action"),
    [
        ((nothing,), "too_few", "feedback"),
        ((drop,), "dropped", "search"),
        ((drop, quiet), "dropped", "wait"),
        ((drop, disable), "dropped", "nothing"),
        ((drop, forbid), "dropped", "nothing"),
        ((drop, fail), "dropped", "wait"),
        ((ask_once_a_day, drop), "dropped", "wait"),
        ((cool_down,), "cooling_down", "wait"),
        ((schedule,), "scheduled", "search"),
        ((schedule, quiet), "scheduled", "wait"),
        ((interrupt,), "too_few", "resume"),
        ((interrupt, quiet), "too_few", "wait"),
        ((interrupt, fail), "too_few", "wait"),
        ((interrupt_by_hand,), "too_few", "wait"),
        ((interrupt_by_hand, drop), "dropped", "resume"),
        ((drop, begin_test), "cooling_down", "vote"),
        ((win,), "too_few", "review"),
        ((hold,), "too_few", "feedback"),
        ((succeed, hold), "too_few", "compare"),
        ((drop, hold), "dropped", "search"),
    ],
    ids=lambda value: " ".join(p.__name__ for p in value) if isinstance(value, tuple) else value,
)
def test_all_hear_the_same(
    world: World,
    asked: dict[str, NextStep],
    prepare: tuple[Callable[[World], None], ...],
    verdict_state: State,
    action: str,
    request: pytest.FixtureRequest,
) -> None:
    for change in prepare:
        change(world)
    searches: list[str] = request.getfixturevalue("searches")  # not while it is prepared
    asked.clear()
    context = world.open()
    with lease(context, DAEMON):
        found = compare(world, context, asked, searches)
    assert (found.verdict.state, found.action) == (verdict_state, action)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepare", "status"),
    [
        (drop, "Accuracy dropped, evolution is due"),
        (interrupt, "Evolution triggered, search in progress"),
    ],
)
def test_all_hear_of_a_search_by_another_process(
    world: World,
    asked: dict[str, NextStep],
    searches: list[str],
    prepare: Callable[[World], None],
    status: str,
) -> None:
    prepare(world)
    context = world.open()
    with ExitStack() as stack:
        stack.enter_context(lease(context, DAEMON))
        stack.enter_context(lease(context, SKILL))
        found = compare(world, context, asked, searches)
    assert (found.action, found.status) == ("wait", status)
    assert found.hindrance is not None
    assert found.hindrance.startswith(f"Another evolve of {SKILL} is running (pid ")
