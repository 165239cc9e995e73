from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.daemon.conftest import Answering
from tests.daemon.world import World, sessions
from tests.loop.place import ALIKE, BEGIN, OTHER, SKILL, Moment, Place, text
from tests.loop.steps import create
from tinyarms.core.errors import ModelUnavailable, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching.check import SkillCheck, evolve_on_drop, monitor_once
from tinyarms.loop.watching.readings import FIRST, NEWEST, known_outcomes
from tinyarms.loop.watching.situation import read_situation
from tinyarms.loop.watching.step import NextStep
from tinyarms.monitoring.registry import ACCURACY_RULES
from tinyarms.monitoring.signals import SIGNALS
from tinyarms.monitoring.verdict import Reading
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.records import (
    SessionRecord,
    SessionState,
    TaskRecord,
)


def outcomes(context: Context, successes: int, failures: int) -> None:
    assert isinstance(context.clock, Moment)
    for number in range(successes + failures):
        context.clock.pass_(seconds=1)
        done = run(context, SKILL, {"text": text(number)})
        feedback(context, done.task_id, success=number < successes)


def look(context: Context) -> SkillCheck:
    [check] = monitor_once(context, [SKILL])
    return check


def reading(check: SkillCheck, rule: str) -> Reading:
    return next(reading for reading in check.readings if reading.rule == rule)


def drop(context: Context) -> None:
    """Enough outcomes for an alarm: a good version becomes bad."""
    outcomes(context, 40, 20)


def add(context: Context, hours: int, success: bool | None, **more: Any) -> TaskRecord:
    """A task this many hours after the beginning."""
    at = BEGIN + timedelta(hours=hours)
    task = TaskRecord(
        id=f"t{hours}", skill=SKILL, inputs={}, created_at=at, prompt_version=1, success=success
    )
    task = replace(task, **more)
    with context.store.unit_of_work() as work:
        work.tasks.add(task)
    return task


@pytest.mark.slow
def test_a_drop_is_triggered(place: Place) -> None:
    context = place.open()
    drop(context)
    check = look(context)
    assert (check.triggered, check.reason) == (True, "accuracy_drop")
    assert (check.accuracy, check.n) == (0.6, 50)
    assert check.rules_in_use == ("drop", "floor")
    assert "over the last 50 outcomes, down from 100.0% over the first 30" in check.explanation
    assert check.would == "Evolve it: tinyarms prompt evolve feeling"


@pytest.mark.slow
def test_a_healthy_skill_is_not_triggered(place: Place) -> None:
    context = place.open()
    check = look(context)
    assert (check.triggered, check.accuracy, check.n, check.would) == (False, None, 0, "")
    outcomes(context, 23, 2)
    outcomes(context, 23, 2)
    check = look(context)
    assert (check.triggered, check.accuracy, check.n) == (False, 0.92, 50)


@pytest.mark.slow
def test_four_failures_in_a_row_after_46_successes_are_a_drop(place: Place) -> None:
    """By chance, four failures of 50 are the last four once in 230,000 times."""
    context = place.open()
    outcomes(context, 46, 4)
    check = look(context)
    assert (check.triggered, check.accuracy, check.n) == (True, 0.92, 50)


@pytest.mark.slow
def test_a_skill_that_was_never_good_has_not_dropped(place: Place) -> None:
    context = place.open()
    outcomes(context, 0, 60)
    assert not look(context).triggered


@pytest.mark.slow
def test_a_check_has_the_readings_of_all_rules_and_signals(place: Place) -> None:
    context = place.open()
    drop(context)
    check = look(context)
    # The skill has no judge of live tasks.
    signals = [signal for signal in SIGNALS if signal != "judged"]
    assert [reading.rule for reading in check.readings] == [*ACCURACY_RULES, *signals]
    assert {reading.rule for reading in check.readings if reading.alarm} >= {"drop", "original"}
    assert reading(check, "latency").numbers["now"] == 5.0
    assert reading(check, "contract_violations").numbers["now"] == 0.0
    assert reading(check, "skips").numbers["now"] is None
    json.dumps(dataclasses.asdict(check))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("block", "triggered"),
    [
        ("{preset: original}", True),
        ("{triggers: {rules: [original]}}", True),
        ("{triggers: {rules: [adwin]}}", False),
        ("{triggers: {rules: []}}", False),
        ("{triggers: {rules: null}}", False),
    ],
)
def test_the_settings_choose_the_rules_in_use(place: Place, block: str, triggered: bool) -> None:
    """A skill that was never good has no drop, but is below the original design's threshold."""
    place.setting(block)
    context = place.open()
    outcomes(context, 15, 5)
    check = look(context)
    assert check.triggered is triggered
    assert not triggered or "Accuracy 75.0% over the last 20 outcomes, below 80.0%" in (
        check.explanation
    )


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["contract_violations", "corrections", "latency"])
def test_a_signal_can_trigger(place: Place, rule: str) -> None:
    place.setting(f"{{triggers: {{rules: [{rule}]}}}}")
    context = place.open()
    worse: dict[str, dict[str, Any]] = {
        "contract_violations": {"violation": "no label"},
        "corrections": {"outcome_source": "correction"},
        "latency": {"latency_ms": 90.0},
    }
    for hour in range(300):
        later = worse[rule] if hour >= 260 else {}
        add(context, hour, hour % 10 > 0, **({"latency_ms": 10.0} | later))
    check = look(context)
    assert (check.triggered, check.reason) == (True, "drift")


@pytest.mark.slow
def test_a_drop_before_a_session_does_not_trigger_again(place: Place) -> None:
    context = place.open()
    drop(context)
    place.moment.pass_(days=1)
    create(place, context, ALIKE)
    place.moment.pass_(days=8)
    assert not look(context).triggered
    outcomes(context, 0, 20)
    assert look(context).triggered


@pytest.mark.slow
def test_a_drop_waits_for_the_cooldown(place: Place) -> None:
    context = place.open()
    outcomes(context, 40, 0)
    create(place, context, ALIKE)
    outcomes(context, 0, 20)
    assert "cooldown" in look(context).explanation
    place.moment.pass_(days=8)
    assert look(context).triggered


@pytest.mark.slow
def test_outcomes_late_twice_early_out_of_order_or_never(place: Place) -> None:
    """Every rule and signal reads each outcome once, in the order of the tasks."""
    context = place.open()
    for name in (SKILL, OTHER):
        active_version(context, name)
    order = {hour: hour % 10 > 0 for hour in range(60)}
    for hour, success in order.items():
        add(context, hour, success, latency_ms=5.0)
    add(context, 60, None, latency_ms=5.0)
    for hour in range(61):
        place.moment.now = BEGIN + timedelta(hours=hour)
        if hour in (7, 59):
            feedback(context, f"o{hour}", success=order[hour])  # before its task
            run(context, OTHER, {"text": text(1)}, task_id=f"o{hour}")
            continue
        success = None if hour in (12, 30, 41) else order.get(hour)
        add(context, hour, success, id=f"o{hour}", skill=OTHER, latency_ms=5.0)
    for hour in (41, 12, 30):  # late, and not in the order of the tasks
        feedback(context, f"o{hour}", success=not order[hour], feedback_id=f"f{hour}")
        feedback(context, f"o{hour}", success=order[hour])  # again
        feedback(context, f"o{hour}", success=not order[hour], feedback_id=f"f{hour}")  # sent twice
    plain, other = monitor_once(context, [SKILL, OTHER])
    assert other.readings == plain.readings
    assert (other.n, reading(other, "original").alarm) == (50, reading(plain, "original").alarm)


@pytest.mark.slow
def test_unknown_outcomes_are_ignored(place: Place) -> None:
    context = place.open()
    drop(context)
    earlier = look(context)
    for number in range(5):
        run(context, SKILL, {"text": text(number)})
    assert look(context).explanation == earlier.explanation


@pytest.mark.slow
def test_a_check_reads_the_first_and_newest_tasks_of_a_long_history(place: Place) -> None:
    context = place.open()
    with context.store.unit_of_work() as work:
        for hour in range(FIRST + NEWEST + 700):
            at = BEGIN + timedelta(hours=hour)
            ends = hour < FIRST or hour >= FIRST + 700
            success = ends and (hour % 10 > 0 or hour >= FIRST + NEWEST + 600)
            task = TaskRecord(
                id=f"t{hour}",
                skill=SKILL,
                inputs={},
                created_at=at,
                prompt_version=1,
                success=success,
            )
            work.tasks.add(task)
    with context.store.read() as work:
        outcomes = known_outcomes(work, SKILL, 1)
    assert len(outcomes) == FIRST + NEWEST
    assert [at for _, at in outcomes] == sorted(at for _, at in outcomes)
    assert sum(not success for success, _ in outcomes) == (FIRST + NEWEST - 100) // 10
    assert reading(look(context), "drop").numbers["baseline_n"] == 200


@pytest.mark.slow
def test_outcomes_of_an_earlier_version_do_not_count(testing: Place) -> None:
    context = testing.open()
    outcomes(context, 40, 20)
    promote(context, SKILL, "A")
    assert look(context).n == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hindrance", "would"),
    [("skill", "rules are rules"), ("settings", "enabled is false")],
)
def test_the_reason_why_a_drop_is_not_evolved(place: Place, hindrance: str, would: str) -> None:
    def fix(config: Any) -> None:
        config["skills"][SKILL].update(evolvable=False, reason="rules are rules")

    if hindrance == "skill":
        place.edit_config(fix)
    else:
        place.setting("{enabled: false}")
    context = place.open()
    drop(context)
    evolved: list[str] = []
    [check] = monitor_once(context, [SKILL], lambda step: evolved.append(step.skill) or "")
    assert check.triggered and would in check.would
    assert evolved == []


@pytest.mark.slow
def test_a_drop_begins_an_evolution(place: Place) -> None:
    context = place.open()
    drop(context)
    steps: list[NextStep] = []

    def evolve(step: NextStep) -> str:
        steps.append(step)
        return "Evolving."

    checks = monitor_once(context, on_drop=evolve)
    assert [(check.skill, check.would) for check in checks] == [(SKILL, "Evolving."), (OTHER, "")]
    [step] = steps
    verdict = step.verdict
    assert (step.skill, verdict.reason, verdict.numbers.failures) == (SKILL, "accuracy_drop", 20)
    assert verdict.numbers.rule == "drop"
    evidence = verdict.numbers.rules["drop"]["early_evidence"]
    assert evidence is not None and evidence >= 10_000
    json.dumps(asdict(verdict.numbers))


@pytest.mark.slow
def test_a_check_resumes_the_search_of_an_earlier_check(
    dropped: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks for no options, so it has none to tell of that the search does not take."""
    notes: list[str] = []

    class Heard(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    def fail(self: Answering, request: ModelRequest) -> ModelReply:
        raise ModelUnavailable("small: nobody is there.")

    context = dropped.open()
    evolve = evolve_on_drop(context, Heard())
    with monkeypatch.context() as patched:
        patched.setattr(Answering, "complete", fail)
        [check] = monitor_once(context, [SKILL], evolve)
    assert check.would == "It could not be evolved: small: nobody is there."
    [begun] = sessions(context)
    [check] = monitor_once(context, [SKILL], evolve)
    assert check.would.startswith("It was evolved; users choose now")
    [resumed] = sessions(context)
    assert (resumed.id, resumed.state) == (begun.id, SessionState.TESTING)
    assert [note for note in notes if "its own options" in note] == []


@pytest.mark.slow
def test_a_broken_prompt_file_does_not_hide_the_others(place: Place) -> None:
    (place.root / "skills/feeling.md").write_text("")
    first, second = monitor_once(place.open())
    assert not first.triggered and "is empty" in first.explanation
    assert "20 are needed" in second.explanation


@pytest.mark.slow
def test_an_open_session_is_concluded(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(days=8)
    look(context)
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
    assert session is not None and session.state is SessionState.KEPT


def test_an_unknown_skill_is_refused(place: Place) -> None:
    with pytest.raises(UsageError, match="no skill 'nothing'"):
        monitor_once(place.open(), ["nothing"])


@pytest.mark.slow
@pytest.mark.parametrize(("reason", "resumes"), [("accuracy_drop", True), ("manual", False)])
def test_which_interrupted_searches_resume(place: Place, reason: str, resumes: bool) -> None:
    context = place.open()
    look(context)
    session = SessionRecord(
        id="s",
        skill=SKILL,
        original_prompt_hash="h",
        triggered_at=BEGIN,
        trigger_reason=reason,
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.SEARCHING,
    )
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
    asked: list[str] = []
    [check] = monitor_once(context, [SKILL], lambda step: asked.append(step.skill) or "Done.")
    assert (asked == [SKILL], check.would == "Done.") == (resumes, resumes)


def scheduled_at(context: Context) -> datetime | None:
    version = active_version(context, SKILL).number
    return read_situation(context, SKILL, version, None, in_daemon=False).scheduled_at


@pytest.mark.slow
def test_a_scheduled_evolution_needs_no_drop(place: Place) -> None:
    place.setting("{triggers: {schedule: weekly}}")
    context = place.open()
    calls: list[tuple[str, str | None]] = []

    def evolve(step: NextStep) -> str:
        calls.append((step.skill, step.verdict.reason))
        return "Evolving."

    create(place, context, ALIKE)
    cancel(context, SKILL)
    place.moment.pass_(days=6)
    monitor_once(context, [SKILL], evolve)
    assert calls == [] and scheduled_at(context) == place.moment.now + timedelta(days=1)
    place.moment.pass_(days=1)
    [check] = monitor_once(context, [SKILL], evolve)
    assert calls == [(SKILL, "scheduled")]
    assert (check.triggered, check.reason, check.would) == (False, "scheduled", "Evolving.")
    assert check.explanation.startswith("A weekly evolution is due (the last one: 7 days ago).")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "of_the_skill"),
    [
        ("{}", {}),
        ("{enabled: false, triggers: {schedule: weekly}}", {}),
        ("{triggers: {schedule: weekly}}", {"evolvable": False, "reason": "rules are rules"}),
        ("{triggers: {schedule: weekly}}", {"scorer": None}),
    ],
)
def test_skills_to_which_no_schedule_applies(
    place: Place, setting: str, of_the_skill: dict[str, Any]
) -> None:
    place.setting(setting)
    place.edit_config(lambda config: config["skills"][SKILL].update(of_the_skill))
    context = place.open()
    evolved: list[str] = []
    [check] = monitor_once(context, [SKILL], lambda step: evolved.append(step.skill) or "")
    assert (evolved, check.reason, scheduled_at(context)) == ([], None, None)


@pytest.mark.slow
def test_no_scheduled_evolution_begins_in_quiet_hours(place: Place) -> None:
    now = place.moment.now.astimezone()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    place.setting(f"{{triggers: {{schedule: weekly}}, quiet_hours: '{hours}'}}")
    evolved: list[str] = []
    [check] = monitor_once(place.open(), [SKILL], lambda step: evolved.append(step.skill) or "")
    assert (evolved, check.reason) == ([], "scheduled")
    assert "quiet hours" in check.would


class Stopping(Silent):
    """Whoever listens stops the work at its first progress."""

    def __init__(self) -> None:
        self.heard = list[Progress]()

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)
        raise KeyboardInterrupt


def test_a_check_can_be_stopped_between_two_skills(place: Place) -> None:
    context, listener = place.open(), Stopping()
    with pytest.raises(KeyboardInterrupt):
        monitor_once(context, listener=listener)
    assert listener.heard == [Progress("checks", 1, 2)]
    assert len(monitor_once(context, [SKILL], listener=Stopping())) == 1
