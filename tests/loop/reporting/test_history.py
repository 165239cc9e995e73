from __future__ import annotations

import pytest

from tests.loop.place import BETTER, ENOUGH, SKILL, Place, write_examples
from tests.loop.releasing.test_holdback_check import put
from tests.loop.steps import begin, pick
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import HistoryView, MeasuredView, history
from tinyarms.loop.testing.review import promote


def by_version(place: Place) -> dict[int, HistoryView]:
    return {view.version: view for view in history(place.open(), SKILL)}


@pytest.mark.slow
def test_a_version_that_the_gates_promoted(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = begin(place)
    for number in range(6):
        pick(context, number, "A")
    first, second = by_version(place).values()
    assert (first.by, first.session_id, first.spent, first.held_out) == (None,) * 4
    assert (second.by, second.restores, second.rolled_back_by) == ("evidence", None, None)
    assert "Offline gate" in second.evidence
    assert second.held_out == MeasuredView("test", 0.6, 0.9, ENOUGH)
    assert second.spent is not None
    # Both prompts on all test examples: 20 tokens in and 1 out, 5 ms a call.
    assert (second.spent.calls, second.spent.tokens) == (200, 200 * 21)
    assert second.spent.seconds == pytest.approx(1.0)
    assert second.live is not None and (second.live.effect, second.live.result) == (None, None)


@pytest.mark.slow
def test_accuracy_on_other_examples_is_not_called_held_out(place: Place) -> None:
    context = begin(place)
    with context.store.unit_of_work() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        for variant in work.experiments.variants(session.id):
            work.experiments.set_accuracy(variant.id, 0.75, 8)
    done = promote(context, SKILL, "A")
    view = by_version(place)[2]
    assert view.held_out is None
    assert view.chosen_by == MeasuredView("search and selection", 0.75, 0.75, 8)
    assert (done.previous_accuracy, done.current_accuracy) == (None, None)
    released = place.config()["skills"][SKILL]
    assert (released["previous_accuracy"], released["current_accuracy"]) == (None, None)


@pytest.mark.slow
def test_what_it_did_and_who_took_it_back(place: Place) -> None:
    context = begin(place)
    promote(context, SKILL, "A")
    put(context, (90, 100), (200, 400))
    live = by_version(place)[2].live
    assert live is not None and live.interval is not None
    assert live.effect == pytest.approx(-0.4)
    assert live.interval[0] < -0.4 < live.interval[1] < -0.2
    assert conclude_holdback(context, SKILL) is not None
    _, second, third = by_version(place).values()
    assert second.live is not None and second.live.result == "rolled_back"
    assert (second.live.n, second.live.reference_n, second.live.effect) == (400, 100, live.effect)
    assert (second.by, second.rolled_back_by) == ("hand", 3)
    assert (third.by, third.source, third.restores) == ("evidence", "rollback", 1)
    assert "Succeeds less often" in third.evidence
    assert third.live is None and third.spent is None


@pytest.mark.slow
def test_releases_by_hand(place: Place) -> None:
    context = begin(place)
    promote(context, SKILL, "A")
    place.prompt_file("skills/feeling-v2.md", BETTER.__class__("My own words."))
    active_version(context, SKILL)
    rollback(context, SKILL, to=1)
    views = by_version(place)
    assert [(v.source, v.by) for v in views.values()] == [
        ("initial", None),
        ("evolution", "hand"),
        ("manual", "hand"),
        ("rollback", "hand"),
    ]
    assert (views[3].rolled_back_by, views[4].restores, views[2].rolled_back_by) == (4, 1, None)
    assert views[2].live is not None and views[2].live.result == "replaced"


@pytest.mark.slow
def test_original_preset_has_no_live_effect(place: Place) -> None:
    place.setting("{preset: original}")
    context = begin(place)
    promote(context, SKILL, "A")
    assert by_version(place)[2].live is None
