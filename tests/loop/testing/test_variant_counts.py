from __future__ import annotations

import pytest

from tests.loop.place import ALIKE, BETTER, ENOUGH, SKILL, WORSE, Place, write_examples
from tests.loop.steps import create
from tinyarms.core.settings import Budget, Evolution
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.results import results
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.store.db.records import JudgeGrades, SearchPlan, SessionRecord, SessionState


def searched(
    context: Context, state: SessionState, judge: JudgeGrades | None = None
) -> VariantCounts | None:
    """The counts of a search for three variants that ended in this state and found none."""
    session = SessionRecord(
        id="s1",
        skill=SKILL,
        original_prompt_hash="",
        triggered_at=context.clock(),
        trigger_reason="manual",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.SEARCHING,
        search=SearchPlan(variants=3, writer="small", budget=Budget(), evolution=Evolution()),
    )
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
        if judge is not None:
            work.sessions.note_judge("s1", judge)
        if state is not SessionState.SEARCHING:
            work.sessions.end("s1", state, "It ended.", context.clock())
        return variant_counts(work, work.sessions.get("s1"))


@pytest.mark.slow
def test_no_reason_if_all_requested_variants_are_shown(place: Place) -> None:
    creation = create(place, place.open(), BETTER, WORSE)
    assert creation.counts == VariantCounts(2, 2, 2, "")


@pytest.mark.slow
def test_the_third_of_three_files_waits_for_a_later_round(place: Place) -> None:
    context = place.open()
    creation = create(place, context, BETTER, WORSE, ALIKE)
    assert creation.counts is not None
    assert (creation.counts.asked, creation.counts.found, creation.counts.shown) == (3, 3, 2)
    assert creation.counts.waiting == ("C",)
    assert creation.counts.sentence == (
        "3 requested, 3 found, 2 in the live test: C waits for a later round."
    )
    assert results(context, SKILL).counts == creation.counts
    cancel(context, SKILL)
    counts = results(context, SKILL).counts
    assert counts is not None and counts.waiting == ()
    assert counts.reason == "C was left for a later round."


@pytest.mark.slow
def test_variants_that_the_offline_gate_archived(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    creation = create(place, place.open(), WORSE, BETTER, ALIKE)
    reason = "the offline gate archived A; C waits for a later round."
    assert creation.counts == VariantCounts(3, 3, 1, reason, waiting=("C",))


@pytest.mark.slow
def test_no_variant_passed_the_offline_gate(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    creation = create(place, place.open(), WORSE)
    assert creation.counts == VariantCounts(1, 1, 0, "no variant passed the offline gate.")


@pytest.mark.slow
def test_single_mode_serves_two_variants_too(place: Place) -> None:
    place.setting("{experiment: {mode: single}}")
    creation = create(place, place.open(), BETTER, WORSE, ALIKE)
    assert creation.counts is not None and creation.counts.shown == 2
    assert creation.counts.reason == "C waits for a later round."


@pytest.mark.slow
def test_the_original_preset_shows_all(place: Place) -> None:
    place.setting("{preset: original}")
    creation = create(place, place.open(), BETTER, WORSE, ALIKE)
    assert creation.counts == VariantCounts(3, 3, 3, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SessionState.NOT_WORTH_IT, "there was no search, because the headroom probe saw no room."),
        (SessionState.CANCELLED, "the session was cancelled."),
        (
            SessionState.NOTHING_BETTER,
            "nothing else was probably better than the prompt in production and passed the guards.",
        ),
    ],
)
def test_the_reason_why_a_search_found_no_variant(
    place: Place, state: SessionState, reason: str
) -> None:
    assert searched(place.open(), state) == VariantCounts(3, 0, 0, reason)


def test_variants_that_the_judge_dropped_count_as_found(place: Place) -> None:
    judge = JudgeGrades("small", 0.5, (0.1, 0.2), 2, "The judge dropped 2 of 2.")
    counts = searched(place.open(), SessionState.KEPT, judge)
    assert counts is not None
    assert (counts.asked, counts.found, counts.shown) == (3, 2, 0)
    assert counts.reason.endswith("passed the guards; the judge dropped 2.")


def test_there_are_no_counts_during_the_search(place: Place) -> None:
    assert searched(place.open(), SessionState.SEARCHING) is None
