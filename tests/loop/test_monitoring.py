from __future__ import annotations

from typing import Any

import pytest

from tests.loop.place import ALIKE, OTHER, SKILL, Place, text
from tests.loop.steps import create
from tinyarms.core.errors import UsageError
from tinyarms.loop.context import Context
from tinyarms.loop.monitoring import monitor_once
from tinyarms.loop.release import promote
from tinyarms.loop.tasks import feedback, run
from tinyarms.loop.views import SkillCheck
from tinyarms.monitoring.verdict import Verdict


def outcomes(context: Context, successes: int, failures: int) -> None:
    for number in range(successes + failures):
        done = run(context, SKILL, {"text": text(number)})
        feedback(context, done.task_id, success=number < successes)


def look(context: Context) -> SkillCheck:
    [check] = monitor_once(context, [SKILL])
    return check


def test_a_drop(place: Place) -> None:
    context = place.open()
    outcomes(context, 15, 5)
    check = look(context)
    assert (check.triggered, check.reason, check.accuracy, check.n) == (
        True,
        "accuracy_drop",
        0.75,
        20,
    )
    assert "below 80.0%" in check.explanation
    assert check.would == "Evolve it: tinyarms prompt evolve feeling"


def test_no_drop(place: Place) -> None:
    context = place.open()
    check = look(context)
    assert (check.triggered, check.accuracy, check.n, check.would) == (False, None, 0, "")
    outcomes(context, 16, 4)
    assert not look(context).triggered


def test_after_a_session_it_waits(place: Place) -> None:
    context = place.open()
    outcomes(context, 0, 20)
    create(place, context, ALIKE)
    assert "cooldown" in look(context).explanation
    place.moment.pass_(days=8)
    assert look(context).triggered


def test_outcomes_of_an_earlier_version_do_not_count(testing: Place) -> None:
    context = testing.open()
    outcomes(context, 0, 20)
    promote(context, SKILL, "A")
    assert look(context).n == 0


@pytest.mark.parametrize(
    ("hindrance", "would"),
    [("skill", "rules are rules"), ("settings", "enabled is false")],
)
def test_why_a_drop_is_not_evolved(place: Place, hindrance: str, would: str) -> None:
    def fix(config: Any) -> None:
        config["skills"][SKILL].update(evolvable=False, reason="rules are rules")

    if hindrance == "skill":
        place.edit_config(fix)
    else:
        place.setting("{enabled: false}")
    context = place.open()
    outcomes(context, 0, 20)
    evolved: list[str] = []
    [check] = monitor_once(context, [SKILL], lambda name, verdict: evolved.append(name) or "")
    assert check.triggered and would in check.would
    assert evolved == []


def test_a_drop_is_evolved(place: Place) -> None:
    context = place.open()
    outcomes(context, 0, 20)
    seen: list[tuple[str, Verdict]] = []

    def evolve(name: str, verdict: Verdict) -> str:
        seen.append((name, verdict))
        return "Evolving."

    checks = monitor_once(context, on_drop=evolve)
    assert [(check.skill, check.would) for check in checks] == [(SKILL, "Evolving."), (OTHER, "")]
    [(name, verdict)] = seen
    assert (name, verdict.reason, verdict.numbers["failures"]) == (SKILL, "accuracy_drop", 20)


def test_a_broken_prompt_file_does_not_hide_the_others(place: Place) -> None:
    (place.root / "skills/feeling.md").write_text("")
    first, second = monitor_once(place.open())
    assert not first.triggered and "is empty" in first.explanation
    assert "20 are needed" in second.explanation


def test_an_open_session_is_concluded(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(days=8)
    look(context)
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
    assert session is not None and session.result == "kept"


def test_unknown_skills(place: Place) -> None:
    with pytest.raises(UsageError, match="no skill 'nothing'"):
        monitor_once(place.open(), ["nothing"])
