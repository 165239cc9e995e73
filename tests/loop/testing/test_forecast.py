from __future__ import annotations

import pytest

from tests.loop.place import ENOUGH, SKILL, V1, Place, text, write_examples
from tinyarms.core.errors import UsageError
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.simulation.forecast import SimulatedRule
from tinyarms.experiments.simulation.operating_characteristics import operating_characteristics
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing import forecast as simulation
from tinyarms.loop.testing.forecast import SimulationView, simulate

FEW_SESSIONS = 40


@pytest.fixture(autouse=True)
def few_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "SESSIONS", FEW_SESSIONS)
    monkeypatch.setattr(simulation, "SINGLE_SESSIONS", FEW_SESSIONS)


@pytest.fixture
def place(place: Place) -> Place:
    """Single mode has few outcomes unless a test says otherwise."""
    place.setting("{experiment: {max_outcomes: 100}}")
    return place


def rule_of(view: SimulationView, name: str) -> SimulatedRule:
    return next(rule for rule in view.rules if rule.rule == name)


@pytest.mark.slow
def test_without_a_gate_the_forecast_is_for_taste_only(place: Place) -> None:
    view = simulate(place.open(), SKILL, votes=20)
    assert (view.offline_gate, view.test_examples) == (False, 10)
    first = view.rules[0]
    assert (first.rule, first.current, first.limit, first.sessions) == (
        "taste_only",
        True,
        20,
        None,
    )
    by_name = {scenario.scenario: scenario for scenario in first.scenarios}
    exact = operating_characteristics(TasteOnly(20), 20, [(1 / 3, 1 / 3, 1 / 3), (0.2, 0.6, 0.2)])
    assert by_name["liked 50:50"].false == pytest.approx(float(exact.any_promoted[0]))
    assert by_name["liked 75:25"].found == pytest.approx(float(exact.promoted[1, 0]))
    assert by_name["liked 75:25"].votes == pytest.approx(float(exact.votes[1]))
    assert by_name["liked 40:60"].found is None and by_name["liked 50:50"].false < 0.05
    assert all(scenario.reaches_users == 1 for scenario in first.scenarios)


@pytest.mark.slow
def test_the_forecast_counts_the_held_out_examples(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    few = rule_of(simulate(place.open(), SKILL, votes=20), "two_gate")
    write_examples(place.root, 240)
    view = simulate(place.open(), SKILL, votes=20)
    many = rule_of(view, "two_gate")
    assert view.offline_gate and view.test_examples == 240
    for name in ("+10 points, liked 60:40", "+10 points, liked 75:25"):
        less, more = (
            next(scenario for scenario in rule.scenarios if scenario.scenario == name)
            for rule in (few, many)
        )
        assert less.reaches_users < more.reaches_users < 1
        assert less.found is not None and more.found is not None and less.found < more.found
    equal = many.scenarios[0]
    assert equal.found is None and equal.false < 0.02 and equal.reaches_users < 0.06


@pytest.mark.slow
def test_the_days_follow_from_the_pace_of_the_tasks(place: Place) -> None:
    context = place.open()
    unknown = simulate(context, SKILL, votes=20)
    assert unknown.tasks_per_day is None
    assert all(scenario.days is None for rule in unknown.rules for scenario in rule.scenarios)
    for number in range(8):
        done = run(context, SKILL, {"text": text(number)})
        if number % 2:
            feedback(context, done.task_id, success=number != 1)
        place.moment.pass_(hours=12)
    view = simulate(context, SKILL)
    assert view.tasks_per_day == pytest.approx(2.0) and view.outcomes_per_day == pytest.approx(1.0)
    assert (view.accuracy, view.accuracy_known) == (0.75, True)
    pick, single = rule_of(view, "taste_only"), rule_of(view, "single_mode")
    # A ballot on half of the tasks: one a day, for seven days.
    assert (pick.limit, pick.limited_by_time) == (7, True)
    assert (single.limit, single.limited_by_time) == (60, True)
    scenario = pick.scenarios[0]
    assert scenario.days == scenario.votes


@pytest.mark.slow
def test_single_mode_finds_a_better_challenger(place: Place) -> None:
    place.setting("{experiment: {mode: single}}")
    view = simulate(place.open(), SKILL, votes=600)
    assert [rule.limit for rule in view.rules] == [600, 50, 50]
    single = view.rules[0]
    assert (single.rule, single.current, single.unit) == ("single_mode", True, "outcomes")
    by_name = {scenario.scenario: scenario for scenario in single.scenarios}
    assert by_name["+20 points"].found is not None and by_name["+20 points"].found > 0.9
    assert by_name["as good"].found is None and by_name["as good"].false < 0.2
    assert by_name["+20 points"].votes is not None and by_name["+20 points"].votes < 500


@pytest.mark.slow
def test_the_original_preset_promotes_a_variant_at_the_limit(place: Place) -> None:
    place.setting("{preset: original}")
    view = simulate(place.open(), SKILL)
    original = view.rules[0]
    assert (original.rule, original.current) == ("thompson", True)
    alike, medium, large = original.scenarios
    assert alike.false > 0.8
    assert medium.votes is not None and large.votes is not None and large.votes < medium.votes


@pytest.mark.slow
def test_the_original_preset_has_no_gate_with_any_number_of_examples(place: Place) -> None:
    """The forecast compares it with the rules of the default preset, including the gate."""
    write_examples(place.root, ENOUGH)
    place.setting("{preset: original, experiment: {test_examples: 100}}")
    view = simulate(place.open(), SKILL, votes=10)
    assert (view.offline_gate, view.test_examples) == (False, ENOUGH)
    assert {rule.rule for rule in view.rules} == {"thompson", "two_gate", "single_mode"}


def test_a_test_that_is_too_long_to_predict_is_refused(place: Place) -> None:
    with pytest.raises(UsageError, match="Try --votes 200"):
        simulate(place.open(), SKILL, votes=201)


@pytest.mark.slow
def test_the_forecast_stores_nothing(place: Place) -> None:
    context = place.open()
    simulate(context, SKILL, votes=10)
    with context.store.read() as work:
        assert work.sessions.all(SKILL) == [] and work.tasks.count(SKILL) == 0
    assert V1.text
    with pytest.raises(UsageError, match="no skill"):
        simulate(context, "feelings")
