from __future__ import annotations

import pytest

from tests.loop.place import (
    ALIKE,
    BETTER,
    ENOUGH,
    SKILL,
    V1,
    WORSE,
    Place,
    text,
    write_examples,
)
from tests.loop.steps import create, pick
from tinyarms.core.errors import ConflictError, ExperimentError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import Release
from tinyarms.loop.releasing.restore import carry_out, rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.review import promote
from tinyarms.store.db.records import (
    SessionDecision,
    SessionRecord,
    SessionState,
)


def latest(context: Context) -> SessionRecord:
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
    assert session is not None
    return session


@pytest.mark.slow
@pytest.mark.parametrize("name", ["A", "a", "variant_a", "VARIANT_A", "id"])
def test_promote_accepts_every_name_of_a_variant(testing: Place, name: str) -> None:
    context = testing.open()
    with context.store.read() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        [_, variant] = work.experiments.variants(session.id)
    done = promote(context, SKILL, variant.id if name == "id" else name)
    assert (done.version, done.from_version, done.path) == (2, 1, "skills/feeling-v2.md")
    assert (done.previous_accuracy, done.current_accuracy) == (0.6, 0.9)
    assert active_version(context, SKILL).prompt == BETTER


@pytest.mark.slow
def test_promoting_by_hand_ends_the_test_and_reports_doubts(testing: Place) -> None:
    context = testing.open()
    pick(context, 1, "")
    done = promote(context, SKILL, "A")
    assert done.warning == (
        "Users prefer the prompt in production (1 of 1 vote). "
        f"To undo: tinyarms prompt rollback {SKILL}"
    )
    session = latest(context)
    assert session.state is SessionState.PROMOTED
    assert session.findings.decision == SessionDecision(
        reason="Promoted by hand.", variant="A", version=2
    )


@pytest.mark.slow
def test_a_variant_that_did_not_pass_the_gate_can_be_promoted_later(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    context = place.open()
    create(place, context, WORSE, ALIKE)
    assert latest(context).state is SessionState.KEPT
    done = promote(context, SKILL, "B")
    assert done.warning is not None and done.warning.startswith(
        "Variant B was not in a live test, and it did not pass the offline gate. "
    )
    session = latest(context)
    assert session.state is SessionState.PROMOTED
    assert session.findings.decision is not None and session.findings.decision.variant == "B"
    other = promote(context, SKILL, "A")
    assert (other.version, other.from_version) == (3, 2)
    decision = latest(context).findings.decision
    assert decision is not None and (decision.variant, decision.version) == ("A", 3)
    with context.store.read() as work:
        status = {v.variant_letter: v.status for v in work.experiments.variants(session.id)}
    assert status == {"": "archived", "A": "won", "B": "archived"}


@pytest.mark.slow
def test_promotions_that_are_refused(testing: Place) -> None:
    context = testing.open()
    with pytest.raises(ExperimentError, match=r"no variant 'C'.* It has: A"):
        promote(context, SKILL, "C")
    with pytest.raises(ExperimentError, match="no variant ''"):
        promote(context, SKILL, "")
    promote(context, SKILL, "A")
    with pytest.raises(ExperimentError, match="in production already: version 2"):
        promote(context, SKILL, "A")
    with pytest.raises(ExperimentError, match="no evolution session yet"):
        promote(context, "weather", "A")


@pytest.mark.slow
def test_two_rollbacks_in_a_row(testing: Place) -> None:
    testing.setting("{holdback: 0}")
    context = testing.open()
    promote(context, SKILL, "A")
    for number in range(4):
        done = run(context, SKILL, {"text": text(number)})
        feedback(context, done.task_id, success=number == 0)
    testing.moment.pass_(days=1)
    rolled_back = rollback(context, SKILL)
    assert (rolled_back.kind, rolled_back.version, rolled_back.from_version) == ("rollback", 3, 2)
    assert (rolled_back.previous_accuracy, rolled_back.current_accuracy) == (0.25, 0.6)
    version = active_version(context, SKILL)
    assert (version.prompt, version.source, version.parent) == (V1, "rollback", 2)
    declared = testing.config()["skills"][SKILL]["evolution_history"]
    assert declared[1]["reason"] == "Rolled back by hand"
    assert declared[2]["source"] == "Rollback to version 1"
    again = rollback(context, SKILL)
    assert again.version == 4 and active_version(context, SKILL).prompt == BETTER
    first = rollback(context, SKILL, to=1)
    assert first.version == 5 and active_version(context, SKILL).prompt == V1
    assert [(era.version, era.source) for era in history(context, SKILL)] == [
        (1, "initial"),
        (2, "evolution"),
        (3, "rollback"),
        (4, "rollback"),
        (5, "rollback"),
    ]


@pytest.mark.slow
def test_releases_in_the_same_second_and_with_a_clock_that_moves_back(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(milliseconds=400)
    promote(context, SKILL, "A")
    testing.moment.pass_(milliseconds=200)
    rollback(context, SKILL)
    testing.moment.pass_(hours=-1)
    assert rollback(context, SKILL).version == 4
    assert rollback(context, SKILL).version == 5
    assert [era.version for era in history(context, SKILL)] == [1, 2, 3, 4, 5]
    assert active_version(context, SKILL).prompt == V1


@pytest.mark.slow
def test_a_rollback_without_an_earlier_version_is_refused(testing: Place) -> None:
    context = testing.open()
    promote(context, SKILL, "A")
    with pytest.raises(UsageError, match=r"no version 7\. It has: 1, 2"):
        rollback(context, SKILL, to=7)
    with pytest.raises(ExperimentError, match="no other prompt to go back to"):
        rollback(context, SKILL, to=2)


@pytest.mark.slow
def test_a_rollback_ends_the_test_of_the_prompt_it_replaces(testing: Place) -> None:
    context = testing.open()
    promote(context, SKILL, "A")
    testing.moment.pass_(days=1)
    testing.edit_config(lambda config: config["skills"][SKILL].pop("scorer"))
    context = testing.open()
    create(testing, context, ALIKE)
    assert latest(context).state is SessionState.TESTING
    rollback(context, SKILL)
    assert latest(context).state is SessionState.CANCELLED


@pytest.mark.slow
def test_a_release_from_an_inactive_version_is_refused(testing: Place) -> None:
    context = testing.open()
    promote(context, SKILL, "A")
    planned = Release(
        skill=SKILL, prompt=ALIKE, cause="promotion", expected_version=1, reason="", source="test"
    )
    with pytest.raises(ConflictError, match="version 1 is no longer the active one"):
        carry_out(context, planned)
    assert active_version(testing.open(), SKILL).number == 2


@pytest.mark.slow
def test_a_version_without_outcomes_keeps_the_accuracy_it_was_released_with(
    testing: Place,
) -> None:
    context = testing.open()
    promoted = promote(context, SKILL, "A")
    rolled_back = rollback(context, SKILL)
    assert promoted.current_accuracy is not None
    assert rolled_back.previous_accuracy == promoted.current_accuracy
