from __future__ import annotations

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, WORSE, Place
from tests.loop.releasing.test_holdback_check import put
from tests.loop.steps import begin, create
from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.reset_check import reset_due, reset_if_due
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.testing.review import promote
from tinyarms.store.db.records import HoldbackTaskRecord, TaskRecord

SETTING = "{reset_after_days: 100}"


def evolved(place: Place, setting: str = SETTING) -> Context:
    """A prompt from a session is in production and was found better; 100 days have passed."""
    place.setting(setting)
    context = begin(place)
    promote(context, SKILL, "A")
    put(context, (0, 20), (30, 30))
    assert reset_due(context, SKILL) is None
    place.moment.pass_(days=100)
    assert reset_due(context, SKILL) is None, "a promotion is watched"
    assert conclude_holdback(context, SKILL) is not None
    return context


def worse_again(context: Context) -> None:
    """Outcomes that tell the reset prompt from the evolved one, which still is better."""
    with context.store.unit_of_work() as work:
        held = work.holdbacks.open(SKILL)
        assert held is not None and (held.version, held.reference) == (3, 2)
        for number in range(50):
            old = number % 2 == 0
            task_id, now = f"again-{number}", context.clock()
            work.holdbacks.add_task(
                HoldbackTaskRecord(
                    holdback_id=held.id, task_id=task_id, reference=old, share=0.5, created_at=now
                )
            )
            work.tasks.add(
                TaskRecord(
                    id=task_id,
                    skill=SKILL,
                    inputs={"text": "hm"},
                    created_at=now,
                    prompt_version=2 if old else 3,
                    success=old,
                )
            )


@pytest.mark.slow
def test_back_to_the_persons_prompt_and_back_again_if_it_is_worse(place: Place) -> None:
    context = evolved(place)
    due = reset_due(context, SKILL)
    assert due is not None and due.to.number == 1
    done = reset_if_due(context, SKILL)
    assert done is not None and (done.version, done.from_version, done.kind) == (3, 2, "rollback")
    assert active_version(context, SKILL).prompt == V1
    assert place.config()["skills"][SKILL]["prompt_version"] == 3
    assert reset_if_due(context, SKILL) is None
    *_, view = history(context, SKILL)
    assert (view.by, view.reason, view.restores) == ("setting", "Reset by the setting", 1)
    assert "100 days without a person's choice" in view.evidence
    worse_again(context)
    concluded = conclude_holdback(context, SKILL)
    assert concluded is not None and concluded.result == "rolled_back"
    assert active_version(context, SKILL).prompt == BETTER
    assert reset_due(context, SKILL) is None
    place.moment.pass_(days=100)
    assert reset_due(context, SKILL) is not None


@pytest.mark.slow
@pytest.mark.parametrize("off", ["{}", "{reset_after_days: 100, enabled: false}"])
def test_off(place: Place, off: str) -> None:
    context = evolved(place)
    place.setting(off)
    context.reload()
    assert reset_due(context, SKILL) is None and reset_if_due(context, SKILL) is None


@pytest.mark.slow
def test_not_while_a_session_is_open(place: Place) -> None:
    context = evolved(place)
    create(place, context, WORSE)
    assert reset_if_due(context, SKILL) is None


@pytest.mark.slow
def test_what_a_person_just_wrote_stays(place: Place) -> None:
    context = evolved(place)
    place.prompt_file("skills/feeling-v2.md", ALIKE)
    assert reset_if_due(context, SKILL) is None
    assert active_version(context, SKILL).prompt == ALIKE


def test_an_unknown_skill(place: Place) -> None:
    with pytest.raises(UsageError, match="There is no skill 'nothing'"):
        reset_due(place.open(), "nothing")
