from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.loop.place import BEGIN, SKILL
from tinyarms.core.settings import AbTesting
from tinyarms.loop.refreshing.outlook import DueRefresh
from tinyarms.loop.watching.health import SILENT_TASKS, Health
from tinyarms.loop.watching.next_step import decide
from tinyarms.loop.watching.situation import Situation, SkillState
from tinyarms.loop.watching.step import NextStep
from tinyarms.monitoring.verdict import Reason, State, TriggerNumbers, Verdict
from tinyarms.release.holdback import MAX_DAYS
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.store.db.records import (
    Findings,
    HoldbackRecord,
    LiveTestPlan,
    SessionDecision,
    SessionRecord,
    SessionState,
)

NOW = BEGIN
LATER = NOW + timedelta(hours=3)
COMMAND = f"tinyarms prompt evolve {SKILL}"
BEGINS, RESUMES = "The daemon begins it by itself.", "The daemon resumes it by itself."
NOT_EVOLVED = "It is not evolved: rules are rules."
DISABLED = "It is not evolved: enabled is false in config/constants.yaml."
QUIET = "It is not evolved now: quiet hours (22:00-07:00)."
OTHER_SEARCH = f"Another evolve of {SKILL} is running (pid 7)."
AGAIN = "The daemon tries again at 2024-09-15T12:00:00Z: no model"
DUE, SCHEDULED = "Accuracy dropped, evolution is due", "A scheduled evolution is due"
INTERRUPTED = "Evolution triggered, search interrupted"
MINE = "Evolution started by hand, search interrupted"


def verdict(state: State) -> Verdict:
    reasons: dict[State, Reason] = {"dropped": "accuracy_drop", "scheduled": "scheduled"}
    numbers = TriggerNumbers(
        explanation=f"It is {state}.",
        rule=None,
        accuracy=0.7,
        n=8 if state == "too_few" else 20,
        failures=6,
        accuracy_threshold=0.8,
        sample_size=20,
        hours_since_evolution=None,
        cooldown_hours=168,
        rules={},
    )
    return Verdict(state, reasons.get(state), numbers)


HEALTHY = Situation(
    fruitless_searches=0,
    suggestion=None,
    skill=SKILL,
    now=NOW,
    state="watching",
    session=None,
    holdback=None,
    version=1,
    verdict=verdict("healthy"),
    tasks=40,
    has_outcomes=True,
    newest_known=(True,) * 40,
    evolvable=True,
    why_not_evolvable="",
    enabled=True,
    quiet_hours=None,
    quiet_until=None,
    searcher=None,
    judged=0,
    daemon_runs=False,
    error=None,
    retry_at=None,
    trigger_rests=False,
    trigger_rests_until=None,
    scheduled_at=None,
    test_is_decided=False,
    test_ends_at=None,
    cooldown_ends_at=None,
)
SESSION = SessionRecord(
    id="s",
    skill=SKILL,
    original_prompt_hash="h",
    triggered_at=BEGIN,
    trigger_reason="accuracy_drop",
    base_version=1,
    preset="default",
    author="writer",
    optimizer="promptbreeder",
    seed=0,
    state=SessionState.SEARCHING,
)
HOLDBACK = HoldbackRecord(
    id="h", skill=SKILL, version=2, reference=1, rule=HoldbackRule(0.2, 0.04), began_at=BEGIN
)


def plan_of(rule: str) -> LiveTestPlan:
    return LiveTestPlan(
        rule=rule,
        arms=("a", "b"),
        started_at=BEGIN,
        limits=AbTesting(),
        min_improvement=0.05,
        review_below=0.7,
    )


FLOODED = {"newest_known": (True,) * 20 + (False,) * 20}
SILENT = {"has_outcomes": False, "tasks": SILENT_TASKS}
BLIND = "Too little to tell: 20 of the newest 40 outcomes do not count"
DAEMON = {"daemon_runs": True}
FAILED = {"error": "no model", "retry_at": LATER}
IS_QUIET = {"quiet_hours": "22:00-07:00", "quiet_until": LATER}
RULES = {"evolvable": False, "why_not_evolvable": "rules are rules"}
RESTS = {"trigger_rests": True, "trigger_rests_until": LATER}
WAITS_A_DAY = {"trigger_rests": True}
COOLING = {"cooldown_ends_at": LATER}


def of(state: SkillState, verdict_state: State, changes: dict[str, Any]) -> NextStep:
    return decide(replace(HEALTHY, **{"state": state, "verdict": verdict(verdict_state)} | changes))


@pytest.mark.parametrize(
    ("verdict_state", "changes", "action", "status", "following", "until"),
    [
        ("healthy", {}, "nothing", "Healthy", "Monitoring continues.", None),
        ("healthy", COOLING, "nothing", "Healthy", "Monitoring continues.", None),
        (
            "too_few",
            {"has_outcomes": False},
            "feedback",
            "No outcomes in the last seven days",
            "Give feedback on tasks: tinyarms feedback TASK_ID --success",
            None,
        ),
        ("too_few", {}, "feedback", "Too few outcomes to judge", "It is too_few.", None),
        (
            "cooling_down",
            COOLING,
            "wait",
            "Accuracy is low, cooling down",
            "It is cooling_down.",
            LATER,
        ),
        ("healthy", RULES, "nothing", "Not evolved: rules are rules", "", None),
        ("dropped", RULES, "nothing", "Not evolved: rules are rules", "", None),
        (
            "healthy",
            {"evolvable": False},
            "nothing",
            "Not evolved: evolvable: false",
            "",
            None,
        ),
        ("dropped", {}, "search", DUE, COMMAND, None),
        ("scheduled", {}, "search", SCHEDULED, COMMAND, None),
        ("dropped", DAEMON, "search", DUE, BEGINS, None),
        ("scheduled", DAEMON | {"has_outcomes": False}, "search", SCHEDULED, BEGINS, None),
        ("dropped", {"enabled": False}, "nothing", DUE, DISABLED, None),
        ("dropped", {"enabled": False} | IS_QUIET, "nothing", DUE, DISABLED, None),
        ("dropped", IS_QUIET, "wait", DUE, QUIET, LATER),
        ("scheduled", IS_QUIET, "wait", SCHEDULED, QUIET, LATER),
        ("dropped", {"searcher": "pid 7"}, "wait", DUE, OTHER_SEARCH, None),
        ("dropped", DAEMON | FAILED, "wait", DUE, AGAIN, LATER),
        ("dropped", DAEMON | FAILED | {"now": LATER}, "search", DUE, AGAIN, None),
        ("dropped", FAILED, "search", DUE, COMMAND, None),
        ("dropped", DAEMON | RESTS, "wait", DUE, BEGINS, LATER),
        ("dropped", RESTS, "search", DUE, COMMAND, None),
        ("dropped", DAEMON | WAITS_A_DAY, "search", DUE, BEGINS, None),
    ],
)
def test_the_step_of_a_watched_skill(
    verdict_state: State,
    changes: dict[str, Any],
    action: str,
    status: str,
    following: str,
    until: datetime | None,
) -> None:
    step = of("watching", verdict_state, changes)
    assert (step.action, step.status, step.next, step.until) == (action, status, following, until)
    assert step.may_search == (action == "search")


ENDS = HOLDBACK.began_at + timedelta(days=MAX_DAYS)


@pytest.mark.parametrize(
    ("verdict_state", "changes", "action", "status", "following", "until"),
    [
        (
            "healthy",
            {},
            "compare",
            "Version 2 is new, compared with version 1",
            "It is rolled back by itself if it is credibly worse.",
            ENDS,
        ),
        (
            "cooling_down",
            COOLING,
            "compare",
            "Version 2 is new, compared with version 1",
            "It is rolled back by itself if it is credibly worse.",
            ENDS,
        ),
        ("dropped", {}, "search", DUE, COMMAND, None),
        ("dropped", IS_QUIET, "wait", DUE, QUIET, LATER),
        ("healthy", RULES, "nothing", "Not evolved: rules are rules", "", ENDS),
        (
            "too_few",
            {"has_outcomes": False},
            "feedback",
            "No outcomes in the last seven days",
            "Give feedback on tasks: tinyarms feedback TASK_ID --success",
            ENDS,
        ),
    ],
)
def test_the_step_of_a_promotion_that_is_compared(
    verdict_state: State,
    changes: dict[str, Any],
    action: str,
    status: str,
    following: str,
    until: datetime | None,
) -> None:
    step = of("comparing", verdict_state, {"holdback": HOLDBACK, **changes})
    assert (step.action, step.status, step.next, step.until) == (action, status, following, until)


def test_the_step_of_a_suspended_comparison() -> None:
    lopsided = replace(HOLDBACK, tasks=1000, reference_tasks=900)
    step = of("comparing", "healthy", {"holdback": lopsided})
    assert step.action == "compare"
    assert step.status == "Version 2 is new, the comparison with version 1 is suspended"
    assert step.next.endswith(" Find out why.")


@pytest.mark.parametrize(
    ("reason", "verdict_state", "changes", "action", "status", "following", "until"),
    [
        (
            "accuracy_drop",
            "healthy",
            {"searcher": "pid 7"},
            "wait",
            "Evolution triggered, search in progress",
            "The best variants go to a live test.",
            None,
        ),
        ("accuracy_drop", "healthy", {}, "resume", INTERRUPTED, COMMAND, None),
        ("drift", "cooling_down", DAEMON, "resume", INTERRUPTED, RESUMES, None),
        (
            "scheduled",
            "healthy",
            DAEMON,
            "resume",
            "Evolution started on schedule, search interrupted",
            RESUMES,
            None,
        ),
        ("accuracy_drop", "healthy", {"enabled": False}, "nothing", INTERRUPTED, DISABLED, None),
        ("accuracy_drop", "healthy", RULES, "nothing", INTERRUPTED, NOT_EVOLVED, None),
        ("accuracy_drop", "healthy", IS_QUIET, "wait", INTERRUPTED, QUIET, LATER),
        ("accuracy_drop", "healthy", DAEMON | FAILED, "wait", INTERRUPTED, AGAIN, LATER),
        ("accuracy_drop", "healthy", DAEMON | RESTS, "resume", INTERRUPTED, RESUMES, None),
        ("manual", "healthy", {}, "wait", MINE, COMMAND, None),
        ("manual", "healthy", DAEMON, "wait", MINE, COMMAND, None),
        ("manual", "healthy", DAEMON | IS_QUIET, "wait", MINE, COMMAND, None),
        ("manual", "dropped", {}, "resume", MINE, COMMAND, None),
        ("manual", "scheduled", DAEMON, "resume", MINE, RESUMES, None),
        ("manual", "dropped", IS_QUIET, "wait", MINE, QUIET, LATER),
        ("manual", "dropped", DAEMON | RESTS, "wait", MINE, RESUMES, LATER),
    ],
)
def test_the_step_of_a_search(
    reason: str,
    verdict_state: State,
    changes: dict[str, Any],
    action: str,
    status: str,
    following: str,
    until: datetime | None,
) -> None:
    session = replace(SESSION, trigger_reason=reason)
    step = of("searching", verdict_state, {"session": session, **changes})
    assert (step.action, step.status, step.next, step.until) == (action, status, following, until)
    assert step.may_search == (action == "resume")


ENOUGH, FEW = DueRefresh(30, 100), DueRefresh(30, 99)
REFRESH, NEW = f"tinyarms prompt refresh {SKILL}", "30 new examples to remember"
BY_ITSELF = "The daemon refreshes its memory by itself."


@pytest.mark.parametrize(
    ("verdict_state", "changes", "action", "status", "following", "until"),
    [
        ("healthy", {}, "refresh", NEW, REFRESH, None),
        ("healthy", DAEMON, "refresh", NEW, BY_ITSELF, None),
        ("cooling_down", DAEMON | COOLING, "refresh", NEW, BY_ITSELF, None),
        ("healthy", {"refresh": FEW}, "confirm", NEW, REFRESH, None),
        ("healthy", DAEMON | {"refresh": FEW}, "confirm", NEW, REFRESH, None),
        ("healthy", DAEMON | IS_QUIET, "wait", NEW, QUIET, LATER),
        ("healthy", DAEMON | FAILED, "wait", NEW, AGAIN, LATER),
        ("healthy", {"enabled": False}, "nothing", NEW, DISABLED, None),
        ("dropped", {}, "search", DUE, COMMAND, None),
        ("healthy", RULES, "nothing", "Not evolved: rules are rules", "", None),
    ],
)
def test_the_step_of_a_skill_with_new_examples(
    verdict_state: State,
    changes: dict[str, Any],
    action: str,
    status: str,
    following: str,
    until: datetime | None,
) -> None:
    step = of("watching", verdict_state, {"refresh": ENOUGH, **changes})
    assert (step.action, step.status, step.next, step.until) == (action, status, following, until)
    assert step.may_search == (action == "search")
    if action in ("refresh", "confirm"):
        assert step.would == f"{status}. {following}"


WRITTEN = replace(SESSION, author="people", trigger_reason="manual", state=SessionState.READY)
FOUND = replace(SESSION, trigger_reason="manual", state=SessionState.READY)
GATE = "Evolution started by hand, offline gate interrupted"


@pytest.mark.parametrize(
    ("session", "changes", "action", "status", "following", "until"),
    [
        (WRITTEN, {}, "resume", GATE, f"tinyarms monitor --once --evolve {SKILL}", None),
        (WRITTEN, DAEMON, "resume", GATE, RESUMES, None),
        (FOUND, DAEMON, "resume", GATE, RESUMES, None),
        (FOUND, {}, "resume", GATE, COMMAND, None),
        (WRITTEN, DAEMON | FAILED, "wait", GATE, AGAIN, LATER),
        (WRITTEN, IS_QUIET, "wait", GATE, QUIET, LATER),
        (
            WRITTEN,
            {"searcher": "pid 7"},
            "wait",
            "Evolution started by hand, offline gate in progress",
            "The variants that pass go to a live test.",
            None,
        ),
    ],
)
def test_the_step_of_an_offline_gate(
    session: SessionRecord,
    changes: dict[str, Any],
    action: str,
    status: str,
    following: str,
    until: datetime | None,
) -> None:
    """It resumes by itself, whoever wrote the variants or began the search."""
    step = of("searching", "healthy", {"session": session, **changes})
    assert (step.action, step.status, step.next, step.until) == (action, status, following, until)


VOTED = replace(SESSION, state=SessionState.TESTING, live_test=plan_of("two_gate"))
SERVED = replace(VOTED, live_test=plan_of("single_mode"))
WON = replace(
    SESSION,
    state=SessionState.IN_REVIEW,
    findings=Findings(decision=SessionDecision(reason="So it is.", variant="B")),
)


@pytest.mark.parametrize(
    ("session", "state", "action", "status", "following"),
    [
        (
            VOTED,
            "testing",
            "vote",
            "Evolution triggered, live test in progress",
            f"Users choose: tinyarms prompt vote {SKILL}",
        ),
        (
            SERVED,
            "testing",
            "feedback",
            "Evolution triggered, live test in progress",
            "The prompts take turns at tasks; give feedback: tinyarms feedback TASK_ID --success",
        ),
        (
            WON,
            "in_review",
            "review",
            "Evolution triggered, variant B waits for your review",
            f"tinyarms prompt review {SKILL}",
        ),
    ],
)
@pytest.mark.parametrize(
    ("changes", "hindrance"),
    [
        ({}, None),
        (IS_QUIET, QUIET),
        ({"enabled": False}, DISABLED),
        (DAEMON | FAILED | RESTS | {"searcher": "pid 7"}, None),
    ],
)
@pytest.mark.parametrize("verdict_state", ["healthy", "dropped", "scheduled"])
def test_the_step_of_a_session_after_its_search(
    session: SessionRecord,
    state: SkillState,
    action: str,
    status: str,
    following: str,
    changes: dict[str, Any],
    hindrance: str | None,
    verdict_state: State,
) -> None:
    """No condition changes what people are asked to do; a drop has the reason why no search
    begins."""
    step = of(state, verdict_state, {"session": session, "test_ends_at": LATER, **changes})
    assert (step.action, step.status, step.next) == (action, status, following)
    assert step.until == LATER
    words = session.state.words
    expected = hindrance or f"An evolution session is open already ({words})."
    assert step.would == ("" if verdict_state == "healthy" else expected)
    assert not step.refused and not step.saw_no_drop


@pytest.mark.parametrize("session", [None, SESSION, VOTED])
@pytest.mark.parametrize(
    ("daemon_runs", "following"),
    [(True, "The daemon finishes it by itself."), (False, "To finish it: tinyarms monitor --once")],
)
def test_the_step_of_an_unfinished_release(
    session: SessionRecord | None, daemon_runs: bool, following: str
) -> None:
    changes = {"session": session, "daemon_runs": daemon_runs, "trigger_rests": True}
    step = of("releasing", "dropped", changes)
    assert (step.action, step.status, step.next, step.until) == (
        "wait",
        "A release is not finished",
        f"{following} To withdraw it: tinyarms prompt cancel feeling",
        None,
    )
    assert (step.would, step.refused) == ("A release is not finished.", False)


@pytest.mark.parametrize(
    ("verdict_state", "changes", "would"),
    [
        ("healthy", {"enabled": False}, ""),
        ("cooling_down", {}, ""),
        ("dropped", {}, f"Evolve it: {COMMAND}"),
        ("scheduled", {}, f"Evolve it: {COMMAND}"),
        ("dropped", DAEMON, BEGINS),
        ("dropped", RULES, NOT_EVOLVED),
        ("dropped", {"enabled": False}, DISABLED),
        ("dropped", IS_QUIET, QUIET),
        ("dropped", {"searcher": "pid 7"}, OTHER_SEARCH),
        ("dropped", DAEMON | FAILED, AGAIN),
    ],
)
def test_what_would_happen_to_a_search(
    verdict_state: State, changes: dict[str, Any], would: str
) -> None:
    assert of("watching", verdict_state, changes).would == would


@pytest.mark.parametrize(
    ("session", "verdict_state", "changes", "refused"),
    [
        (None, "dropped", {"enabled": False}, True),
        (None, "dropped", RULES, True),
        (None, "healthy", RULES, False),
        (None, "dropped", {}, False),
        (None, "dropped", {"enabled": False} | IS_QUIET, False),
        (None, "dropped", DAEMON | RESTS | {"enabled": False}, False),
        (None, "dropped", DAEMON | FAILED | {"enabled": False}, False),
        (SESSION, "dropped", {"enabled": False}, False),
        (replace(SESSION, trigger_reason="manual"), "dropped", {"enabled": False}, True),
    ],
)
def test_searches_that_are_refused(
    session: SessionRecord | None, verdict_state: State, changes: dict[str, Any], refused: bool
) -> None:
    state: SkillState = "watching" if session is None else "searching"
    assert of(state, verdict_state, {"session": session, **changes}).refused is refused


@pytest.mark.parametrize(
    ("verdict_state", "changes", "saw_no_drop"),
    [
        ("healthy", WAITS_A_DAY, True),
        ("scheduled", WAITS_A_DAY, True),
        ("dropped", WAITS_A_DAY, False),
        ("healthy", {}, False),
        ("healthy", RESTS, False),
        ("healthy", DAEMON | FAILED | WAITS_A_DAY, False),
        ("healthy", WAITS_A_DAY | {"session": SESSION, "state": "searching"}, False),
    ],
)
def test_the_step_after_the_trigger_saw_no_drop(
    verdict_state: State, changes: dict[str, Any], saw_no_drop: bool
) -> None:
    situation = replace(HEALTHY, verdict=verdict(verdict_state), **changes)
    assert decide(situation).saw_no_drop is saw_no_drop


def test_the_daemon_waits_after_a_failure() -> None:
    for state in ("healthy", "dropped"):
        assert of("watching", state, DAEMON | FAILED).retry_at == LATER
        assert of("watching", state, DAEMON | FAILED | {"now": LATER}).retry_at is None
        long_ago = {"now": LATER - timedelta(days=400)}  # the clock was set back
        assert of("watching", state, DAEMON | FAILED | long_ago).retry_at is None
        assert of("watching", state, FAILED).retry_at is None


@pytest.mark.parametrize(
    ("verdict_state", "session", "changes", "health", "doubt"),
    [
        ("healthy", None, {}, "healthy", None),
        ("scheduled", None, {}, "healthy", None),
        ("dropped", None, {}, "dropped", None),
        ("dropped", None, FLOODED | SILENT, "dropped", None),
        ("dropped", None, RULES, "dropped", None),
        ("dropped", SESSION, {}, "evolving", None),
        ("healthy", VOTED, {}, "evolving", None),
        ("too_few", VOTED, SILENT, "evolving", None),
        ("cooling_down", WRITTEN, {}, "evolving", None),
        ("healthy", WRITTEN, {}, "healthy", None),
        ("healthy", replace(VOTED, trigger_reason="scheduled"), {}, "healthy", None),
        ("cooling_down", None, {}, "cooling_down", None),
        ("cooling_down", None, FLOODED | SILENT, "cooling_down", None),
        ("too_few", None, {}, "too_few", None),
        ("too_few", None, {"newest_known": (False,) * 19}, "too_few", None),
        ("healthy", None, {"has_outcomes": False}, "too_few", "No outcomes in the last seven days"),
        ("too_few", None, SILENT | {"tasks": SILENT_TASKS - 1}, "too_few", None),
        ("too_few", None, SILENT | RULES, "too_few", None),
        ("healthy", None, FLOODED, "blind", BLIND),
        ("scheduled", None, FLOODED, "blind", BLIND),
        ("too_few", None, FLOODED, "blind", BLIND),
        ("healthy", WRITTEN, FLOODED, "blind", BLIND),
        ("healthy", None, FLOODED | {"holdback": HOLDBACK, "state": "comparing"}, "blind", BLIND),
        ("too_few", None, SILENT, "blind", "No outcome of the 60 tasks of the last seven days is"),
        ("healthy", None, SILENT, "blind", "No outcome of the 60 tasks of the last seven days is"),
    ],
)
def test_the_health_of_a_skill(
    verdict_state: State,
    session: SessionRecord | None,
    changes: dict[str, Any],
    health: Health,
    doubt: str | None,
) -> None:
    state: SkillState = "watching" if session is None else "searching"
    step = of("watching", verdict_state, {"state": state, "session": session, **changes})
    assert step.health == health
    assert step.doubt is None if doubt is None else (step.doubt or "").startswith(doubt)


@pytest.mark.parametrize(
    ("verdict_state", "changes", "status"),
    [
        ("healthy", FLOODED, BLIND),
        ("too_few", FLOODED, BLIND),
        ("too_few", SILENT, "No outcome of the 60 tasks of the last seven days is known"),
        ("cooling_down", FLOODED | SILENT, "Accuracy is low, cooling down"),
    ],
)
def test_the_status_of_a_skill_shows_its_health(
    verdict_state: State, changes: dict[str, Any], status: str
) -> None:
    assert of("watching", verdict_state, changes).status == status
