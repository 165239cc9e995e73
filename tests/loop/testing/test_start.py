from __future__ import annotations

from dataclasses import replace

import pytest

from tests.loop.place import (
    ALIKE,
    BETTER,
    ENOUGH,
    FEW,
    SKILL,
    TEST,
    V1,
    WORSE,
    Place,
    record,
    write_examples,
)
from tests.loop.steps import began_at_version, begin, create, pick
from tinyarms.core.errors import ConflictError, ExperimentError, ModelUnavailable
from tinyarms.core.ids import new_id
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.results import results
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.create import create_variants
from tinyarms.loop.testing.held_out import held_out_examples
from tinyarms.loop.testing.start import start_experiment
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import (
    SessionRecord,
    SessionState,
    VariantRecord,
)


@pytest.mark.slow
def test_only_better_variants_pass_the_gate(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = place.open()
    creation = create(place, context, ALIKE, BETTER)
    assert creation.letters == ("A", "B")
    gate = creation.gate
    assert gate.started and gate.gate_ran and gate.rule == "two_gate"
    assert (gate.examples, gate.incumbent_accuracy, gate.incumbent_n) == (100, 0.6, 100)
    alike, better = gate.challengers
    assert (alike.letter, alike.shown, alike.accuracy) == ("A", False, 0.6)
    assert (better.letter, better.shown, better.accuracy, better.n) == ("B", True, 0.9, 100)
    assert "30 wins, 0 losses on 100 examples" in better.reason
    assert "at most 0.025 passes" in better.reason
    with context.store.read() as work:
        session = work.sessions.get(creation.session_id)
        variants = {v.variant_letter: v for v in work.experiments.variants(creation.session_id)}
        assert work.calls.counts(creation.session_id)["test_calls"] == 300
        assert work.examples.test_reads(SKILL) == 3
    assert session.state is SessionState.TESTING
    assert session.live_test_plan.rule == "two_gate"
    assert [variants[x].status for x in ("", "A", "B")] == ["open", "archived", "open"]
    assert variants[""].accuracy == 0.6


@pytest.mark.slow
def test_if_nothing_passes_the_incumbent_is_kept(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = place.open()
    creation = create(place, context, ALIKE)
    assert not creation.gate.started and creation.gate.rule is None
    assert "No variant passed" in creation.gate.reason
    with context.store.read() as work:
        session = work.sessions.get(creation.session_id)
        assert work.sessions.open(SKILL) is None
        assert {v.status for v in work.experiments.variants(creation.session_id)} == {"archived"}
    assert session.state is SessionState.KEPT


@pytest.mark.slow
def test_a_variant_with_too_small_a_gain_is_not_shown(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    place.setting("{learning: {min_accuracy_improvement: 0.4}}")
    creation = create(place, place.open(), BETTER)
    assert not creation.gate.started
    assert "gain is below 40.0%" in creation.gate.challengers[0].reason


@pytest.mark.slow
@pytest.mark.parametrize("lacks", ["examples", "scorer"])
def test_without_a_gate_users_decide_by_the_stricter_rule(place: Place, lacks: str) -> None:
    if lacks == "examples":
        write_examples(place.root, ENOUGH - 1)
    else:
        write_examples(place.root, ENOUGH)
        place.edit_config(lambda config: config["skills"][SKILL].pop("scorer"))
    context = place.open()
    creation = create(place, context, WORSE, ALIKE, BETTER)
    gate = creation.gate
    assert gate.started and not gate.gate_ran and gate.rule == "taste_only"
    assert [(line.letter, line.shown) for line in gate.challengers] == [("A", True), ("B", True)]
    assert creation.counts is not None and creation.counts.waiting == ("C",)
    assert gate.incumbent_accuracy is None
    assert gate.warning is not None and "under several names" in gate.warning
    with context.store.read() as work:
        assert work.examples.test_reads(SKILL) == 0


@pytest.mark.slow
def test_the_original_preset_shows_all_without_a_gate(place: Place) -> None:
    place.setting("{preset: original}")
    write_examples(place.root, ENOUGH)
    context = place.open()
    gate = create(place, context, WORSE, ALIKE, BETTER).gate
    assert gate.started and not gate.gate_ran and gate.rule == "thompson"
    assert [line.shown for line in gate.challengers] == [True, True, True]


@pytest.mark.slow
def test_an_interrupted_gate_resumes_where_it_stopped(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    record(place.root, (V1, BETTER), range(TEST, TEST + 60))
    context = place.open()
    with pytest.raises(ModelUnavailable):
        create(place, context, BETTER)
    context.close()
    record(place.root, (V1, BETTER), range(TEST, TEST + ENOUGH))
    again = place.open()
    creation = create(place, again, BETTER)
    assert creation.gate.started
    with again.store.read() as work:
        assert len(work.sessions.all(SKILL)) == 1
        assert work.calls.counts(creation.session_id)["test_calls"] == 200
        assert work.examples.test_reads(SKILL) == 2


@pytest.mark.slow
def test_progress_counts_every_call(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    heard: list[Progress] = []

    class Hears(Silent):
        def progress(self, progress: Progress) -> None:
            heard.append(progress)

    file = place.prompt_file("a.md", BETTER)
    create_variants(place.open(), SKILL, [file], Hears())
    assert heard[0] == Progress("Offline gate", 1, 200)
    assert heard[-1] == Progress("Offline gate", 200, 200)
    assert [progress.done for progress in heard] == list(range(1, 201))


def searching(place: Place, *letters: str) -> SessionRecord:
    """A session in the state after its search."""
    context = place.open()
    base = active_version(context, SKILL)
    session = SessionRecord(
        id=new_id(), skill=SKILL, original_prompt_hash=base.prompt.hash,
        triggered_at=place.moment(), trigger_reason="accuracy_drop", base_version=base.number,
        preset="default", author="writer", optimizer="promptbreeder", seed=7,
        state=SessionState.READY,
    )  # fmt: skip
    variants = [
        VariantRecord(id=new_id(), session_id=session.id, variant_letter=letter, prompt=prompt,
                      role="challenger" if letter else "incumbent")
        for letter, prompt in zip(letters, (base.prompt, BETTER, ALIKE), strict=False)
    ]  # fmt: skip
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
        work.experiments.add_variants(variants)
    return session


@pytest.mark.slow
def test_a_session_whose_prompt_was_replaced_meanwhile_does_not_start(place: Place) -> None:
    session = searching(place, "", "A")
    context = place.open()
    place.prompt_file("skills/feeling.md", Prompt("Another one."))
    active_version(context, SKILL)
    with pytest.raises(ExperimentError, match="Version 2 went into production meanwhile"):
        start_experiment(context, session.id)


@pytest.mark.slow
def test_a_session_of_another_version_does_not_start(place: Place) -> None:
    session = searching(place, "", "A")
    context = place.open()
    began_at_version(context, session.id, 5)
    with pytest.raises(ConflictError, match="during the search"):
        start_experiment(context, session.id)
    with context.store.read() as work:
        assert work.sessions.get(session.id).state is SessionState.CANCELLED


@pytest.mark.slow
def test_only_a_session_with_its_variants_starts(place: Place) -> None:
    context = place.open()
    with pytest.raises(ExperimentError, match="no evolution session nowhere"):
        start_experiment(context, "nowhere")
    lonely = searching(place, "")
    with pytest.raises(ExperimentError, match="1 incumbents and 0 challengers"):
        start_experiment(context, lonely.id)
    cancel(context, SKILL)
    with pytest.raises(ExperimentError, match=r"is cancelled\. Cancelled by hand"):
        start_experiment(context, lonely.id)
    unfinished = replace(lonely, id=new_id(), state=SessionState.SEARCHING)
    with context.store.unit_of_work() as work:
        work.sessions.add(unfinished)
    with pytest.raises(ExperimentError, match=r"is searching\. Only a session whose search"):
        start_experiment(context, unfinished.id)


def test_a_new_project_has_no_version_to_roll_back_to(place: Place) -> None:
    with pytest.raises(ExperimentError, match="no other prompt"):
        rollback(place.open(), SKILL)


@pytest.mark.slow
def test_without_a_limit_the_evidence_ends_the_test(place: Place) -> None:
    write_examples(place.root, FEW)
    place.setting("{experiment: {open_ended: true}, ab_testing: {max_votes: 3}}")
    context = begin(place, BETTER)
    # Settings that change now do not change the rules of a test that runs.
    place.setting("{ab_testing: {max_votes: 3}}")
    context = place.open()
    place.moment.pass_(days=1000)
    for number in range(9):
        view = pick(context, number, "A")
        assert (view.decision, view.votes_needed) == (None, None)
    view = results(context, SKILL)
    assert (view.rule, view.votes, view.days_left) == ("sign_e_process", 9, None)
    assert pick(context, 9, "A").decision == "promote"


@pytest.mark.slow
def test_the_gate_reports_its_power_and_the_reuse_of_the_test_set(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = place.open()
    gate = create(place, context, ALIKE).gate
    assert (
        "100 examples, which find a gain of 10 points with a probability of at least 36%"
        in gate.reason
    )
    assert "443 would find it with 90%" in gate.reason
    create(place, context, ALIKE, WORSE)
    reuse = results(context, SKILL).test_set_reuse
    assert reuse is not None
    assert (reuse.gates, reuse.prompts, reuse.family_error) == (2, 3, 0.1)
    assert reuse.sentence.startswith("2 gates read the test set, 3 prompts in all")


@pytest.mark.slow
def test_without_held_out_examples_there_is_no_reuse(place: Place) -> None:
    write_examples(place.root, 0)
    context = begin(place, BETTER)
    assert results(context, SKILL).test_set_reuse is None


@pytest.mark.slow
def test_the_gate_reads_only_the_examples_that_its_power_needs(place: Place) -> None:
    """A gain of 35 points, where 30 is the smallest worth promoting, needs 230 for three
    finalists."""
    write_examples(place.root, 250)
    place.setting("{learning: {min_accuracy_improvement: 0.3}}")
    context = place.open()
    skill = context.skill(SKILL).skill
    assert len(held_out_examples(context, skill)) == 230
    place.setting("{learning: {min_accuracy_improvement: 0.3}, experiment: {test_examples: 240}}")
    assert len(held_out_examples(place.open(), skill)) == 240
