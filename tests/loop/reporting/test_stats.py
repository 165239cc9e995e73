from __future__ import annotations

import dataclasses
import json

import pytest

from tests.loop.place import ALIKE, BETTER, ENOUGH, SKILL, V1, Place, text, write_examples
from tests.loop.steps import ask, create, leave_unfinished, pick
from tests.loop.watching.test_check import outcomes
from tinyarms import TinyArms
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.reporting.versions import show
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import monitor_once


@pytest.mark.slow
def test_a_skill_without_tasks_has_no_accuracy(place: Place) -> None:
    view = stats(place.open(), SKILL)
    assert (view.accuracy, view.n, view.interval, view.down_from) == (None, 0, None, None)
    assert (view.failure_share, view.latency_ms) == (None, None)
    assert view.status == "No outcomes yet"
    assert (view.prompt_version, view.active_since) == (1, place.moment())


@pytest.mark.slow
def test_what_the_model_said_instead_of_an_output_can_be_seen_again(place: Place) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms, arms.task(SKILL) as running:
        running.finish({"text": text(0)}, "I would say <b>good</b>!")
    [broken] = stats(place.open(), SKILL).broken_contracts
    assert broken.violation is not None
    assert broken.output is None
    assert "'I would say <b>good</b>!'" in broken.violation


@pytest.mark.slow
def test_accuracy_is_over_the_last_seven_days(place: Place) -> None:
    place.setting("{triggers: {rules: [original]}}")
    context = place.open()
    outcomes(context, 9, 1)
    place.moment.pass_(days=8)
    outcomes(context, 15, 5)
    run(context, SKILL, {"text": text(1)})
    view = stats(context, SKILL)
    assert (view.accuracy, view.n, view.successes) == (0.75, 20, 15)
    assert view.down_from == 0.9
    assert (view.failures, view.tasks, view.failure_share) == (5, 21, 5 / 21)
    assert view.latency_ms == 5.0 and view.violations == 0
    assert view.interval is not None and view.interval[0] < 0.75 < view.interval[1]
    assert view.status == "Accuracy dropped, evolution is due"
    assert view.next == "tinyarms prompt evolve feeling"
    assert len(view.recent_failures) == 5
    assert {failure.inputs for failure in view.recent_failures} == {
        f"text: {text(number)}" for number in range(15, 20)
    }
    json.dumps(dataclasses.asdict(view), default=str)


@pytest.mark.slow
def test_down_from_compares_tasks_of_the_same_version(testing: Place) -> None:
    testing.setting("{holdback: 0}")
    context = testing.open()
    outcomes(context, 40, 0)
    promote(context, SKILL, "A")
    outcomes(context, 12, 8)
    assert stats(context, SKILL).down_from == 1.0
    testing.moment.pass_(days=8)
    outcomes(context, 10, 10)
    assert stats(context, SKILL).down_from == 0.6  # 12 of 20 before these seven days.


@pytest.mark.slow
def test_a_few_outcomes_are_no_accuracy_to_be_down_from(place: Place) -> None:
    context = place.open()
    outcomes(context, 5, 0)
    place.moment.pass_(days=8)
    outcomes(context, 1, 3)
    assert stats(context, SKILL).down_from is None


@pytest.mark.slow
def test_the_states_of_a_skill(place: Place) -> None:
    context = place.open()
    outcomes(context, 5, 0)
    assert stats(context, SKILL).status == "Too few outcomes to judge"
    outcomes(context, 15, 0)
    assert stats(context, SKILL).status == "Healthy"


@pytest.mark.slow
def test_the_states_of_a_skill_that_evolves(testing: Place) -> None:
    testing.setting("{holdback: 0, triggers: {rules: [original]}}")
    context = testing.open()
    view = stats(context, SKILL)
    assert view.status == "Evolution started by hand, live test in progress"
    assert view.next == "Users choose: tinyarms prompt vote feeling"
    promote(context, SKILL, "A")
    view = stats(context, SKILL)
    assert (view.prompt_version, view.status) == (2, "No outcomes yet")
    outcomes(context, 10, 10)
    view = stats(context, SKILL)
    assert view.status == "Accuracy is low, cooling down"
    assert view.down_from == 1.0  # Of its first ten tasks, not the 90 % of the examples.


@pytest.mark.slow
def test_a_release_that_is_not_finished(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    view, [standing, _] = stats(context, SKILL), daemon_status(context).skills
    assert view.status == "A release is not finished"
    assert view.next == (
        "To finish it: tinyarms monitor --once To withdraw it: tinyarms prompt cancel feeling"
    )
    assert (standing.state, standing.status) == ("releasing", view.status)
    [check] = monitor_once(context, [SKILL])
    assert daemon_status(context).skills[0].state != "releasing"
    assert stats(context, SKILL).prompt_version == 2
    assert "version 2 is in production" in check.concluded[0]


@pytest.mark.slow
def test_results_of_a_running_test(testing: Place) -> None:
    context = testing.open()
    pick(context, 1, "A")
    pick(context, 2, "")
    vote(context, ask(context, 3).id, None)
    ask(context, 4)
    testing.moment.pass_(days=3)
    view = results(context, SKILL)
    assert (view.status, view.stage, view.result, view.winner) == ("active", "testing", None, None)
    assert (view.votes, view.skips, view.votes_needed, view.waiting) == (2, 1, 48, 1)
    assert view.days_left == pytest.approx(4)
    assert view.evidence == "2 votes so far; at most 48 more are needed."
    assert view.spent["test_calls"] == 200
    incumbent, better = view.variants
    assert (incumbent.letter, incumbent.role, incumbent.prompt) == ("", "incumbent", V1.text)
    assert (better.letter, better.votes, better.lead, better.shown) == ("A", 1, 0, True)
    assert (better.accuracy, better.accuracy_n, better.prompt) == (0.9, 100, BETTER.text)
    assert better.gate is not None and better.gate.startswith("30 wins")
    json.dumps(dataclasses.asdict(view), default=str)


@pytest.mark.slow
def test_results_of_a_test_that_is_over(testing: Place) -> None:
    context = testing.open()
    for number in range(6):
        pick(context, number, "A")
    view = results(context, SKILL)
    assert (view.status, view.result, view.winner) == ("completed", "promoted", "A")
    assert (view.votes, view.votes_needed, view.days_left) == (6, None, None)
    assert "leads the incumbent by 6" in view.evidence
    assert [variant.status for variant in view.variants] == ["archived", "won"]
    testing.moment.pass_(days=30)
    assert results(context, SKILL).evidence == view.evidence


@pytest.mark.slow
def test_results_change_nothing(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(days=30)
    assert results(context, SKILL).status == "active"
    assert results(context, SKILL).days_left == 0


@pytest.mark.slow
def test_results_where_nothing_passed(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = place.open()
    create(place, context, ALIKE)
    view = results(context, SKILL)
    assert (view.result, view.rule, view.votes) == ("kept", None, 0)
    assert view.evidence.startswith("No variant passed the offline gate (100 examples, which find")
    assert view.variants[1].accuracy == 0.6 and not view.variants[1].shown


def test_results_without_a_session(place: Place) -> None:
    with pytest.raises(ExperimentError, match="no evolution session yet"):
        results(place.open(), SKILL)


@pytest.mark.slow
def test_history_and_show(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(days=2)
    promote(context, SKILL, "A")
    testing.moment.pass_(days=2)
    rollback(context, SKILL)
    first, second, third = history(context, SKILL)
    assert (first.version, first.source, first.reason) == (1, "initial", "")
    assert first.active_to == second.active_from
    assert (second.source, second.reason, second.parent) == ("evolution", "Asked for by hand", 1)
    assert (second.accuracy_start, second.text) == (0.9, BETTER.text)
    assert (third.active_to, third.source, third.reason) == (
        None,
        "rollback",
        "Rolled back by hand",
    )
    assert show(context, SKILL) == active_version(context, SKILL)
    assert show(context, SKILL, 2).prompt == BETTER
    with pytest.raises(UsageError, match=r"no version 9\. It has: 1, 2, 3"):
        show(context, SKILL, 9)
