from __future__ import annotations

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, WORSE, Place
from tests.loop.steps import create, pick
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.approving.approve import approve, refuse
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import reset
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.reporting.versions import diff
from tinyarms.loop.testing.review import promote


def poor_winner(place: Place, threshold: float = 0.7) -> Context:
    """Variant B, with an accuracy of 0.65, wins by the original preset."""
    learning = f"learning: {{rollback_threshold: {threshold}}}"
    place.setting(f"{{preset: original, ab_testing: {{max_votes: 5}}, {learning}}}")
    context = place.open()
    creation = create(place, context, WORSE, BETTER)
    with context.store.unit_of_work() as work:
        for variant in work.experiments.variants(creation.session_id):
            accuracy = 0.5 if variant.role == "incumbent" else 0.65
            work.experiments.set_accuracy(variant.id, accuracy, 100)
    for number in range(5):
        pick(context, number, "B")
    return context


@pytest.mark.slow
def test_a_waiting_variant_is_approved(place: Place) -> None:
    context = poor_winner(place)
    [view] = waiting(context)
    assert (view.skill, view.variant, view.accuracy, view.prompt) == (SKILL, "B", 0.65, BETTER.text)
    assert "below 70%: a person must look" in view.reason
    assert stats(context, SKILL).next == f"tinyarms prompt review {SKILL}"
    assert approve(context, SKILL).version == 2
    assert active_version(context, SKILL).prompt == BETTER
    assert waiting(context, [SKILL]) == []
    with pytest.raises(ExperimentError, match="no prompt waits"):
        approve(context, SKILL)


@pytest.mark.slow
def test_a_waiting_variant_is_refused(place: Place) -> None:
    context = poor_winner(place)
    refused = refuse(context, SKILL)
    assert (refused.action, refused.what) == ("keep", "variant B")
    assert results(context, SKILL).result == "kept"
    assert active_version(context, SKILL).prompt == V1
    with pytest.raises(ExperimentError, match="no prompt waits"):
        refuse(context, SKILL)


@pytest.mark.slow
def test_a_setting_gives_the_accuracy_below_which_a_winner_waits(place: Place) -> None:
    context = poor_winner(place, threshold=0.6)
    assert waiting(context) == []
    assert active_version(context, SKILL).prompt == BETTER


@pytest.mark.slow
def test_a_running_test_does_not_wait_for_review(testing: Place) -> None:
    assert waiting(testing.open()) == []
    with pytest.raises(UsageError, match="nobody"):
        waiting(testing.open(), ["nobody"])


@pytest.mark.slow
def test_a_reset_restores_the_first_text(testing: Place) -> None:
    context = testing.open()
    promote(context, SKILL, "A")
    testing.prompt_file("skills/feeling-v2.md", ALIKE)
    assert active_version(context, SKILL).number == 3
    done = reset(context, SKILL)
    assert (done.version, done.from_version, done.kind) == (4, 3, "rollback")
    assert active_version(context, SKILL).prompt == V1
    assert history(context, SKILL)[-1].reason == "Reset by hand"
    with pytest.raises(ExperimentError, match="no other prompt to go back to"):
        reset(context, SKILL)


@pytest.mark.slow
def test_a_diff_of_two_versions(testing: Place) -> None:
    context = testing.open()
    with pytest.raises(UsageError, match="no version before 1"):
        diff(context, SKILL)
    promote(context, SKILL, "A")
    view = diff(context, SKILL)
    assert (view.old, view.new) == (1, 2)
    assert view.lines[:2] == ("--- skills/feeling.md", "+++ skills/feeling-v2.md")
    assert view.lines[3:] == (
        "-Good or bad?",
        "+Is this good or bad? Think of the writer.",
    )
    reverse = diff(context, SKILL, 2, 1)
    assert reverse.lines[3] == "-Is this good or bad? Think of the writer."
    assert diff(context, SKILL, 1, 1).lines == ()
    with pytest.raises(UsageError, match="no version 7"):
        diff(context, SKILL, 7)
