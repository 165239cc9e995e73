from __future__ import annotations

import pytest

from tests.loop.place import BETTER, SKILL, V1, Place, answer, text
from tinyarms import ExperimentError, TinyArms, UsageError

pytestmark = pytest.mark.usefixtures("patient_writer")


@pytest.mark.slow
def test_the_whole_way_from_python(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1, min_tasks: 0}}")
    better = place.prompt_file("better.md", BETTER)
    with TinyArms.open(place.root / "skills", {}, place.moment) as arms:
        done = arms.run(SKILL, text=text(0), user="ann")
        assert arms.feedback(done.task_id, success=True).known
        with arms.task(SKILL) as running:
            running.finish({"text": text(1)}, "good")
        assert arms.stats(SKILL).tasks == 2
        assert arms.create(SKILL, [str(better)]).gate.started
        arms.run(SKILL, text=text(8), task_id="asked")
    with TinyArms.open(place.root, {}, place.moment) as arms:
        ballot = arms.ballot(SKILL)
        assert ballot is not None
        letters = {option.output: option.letter for option in ballot.options}
        seen = arms.vote(ballot.id, letters[answer(BETTER, 8)], vote_id="mine", user="ann")
        assert (seen.votes, seen.decision) == (1, None)
        assert arms.ballot(SKILL) is None
        assert arms.results(SKILL).votes == 1
        assert arms.promote(SKILL, "A").version == 2
        assert arms.results(SKILL).winner == "A"
        assert arms.rollback(SKILL).version == 3
        assert arms.show(SKILL).prompt == V1
        assert [era.version for era in arms.history(SKILL)] == [1, 2, 3]
        assert [check.triggered for check in arms.monitor()] == [False, False]


@pytest.mark.slow
def test_inputs_may_have_any_name(place: Place) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms:
        both = arms.run(SKILL, {"text": text(0)}, task_id="one", user="ann")
        assert arms.run(SKILL, task_id="two", text=text(0)).output == both.output
        with pytest.raises(UsageError, match="has no input 'user'"):
            arms.run(SKILL, {"text": text(0), "user": "a user that is an input"})


@pytest.mark.slow
def test_the_questions_of_every_door(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1}, preset: original}")
    file = place.prompt_file("better.md", BETTER)
    with TinyArms.open(place.root, {}, place.moment) as arms:
        assert arms.root == place.root
        assert SKILL in arms.skills
        with pytest.raises(UsageError, match="There is no skill"):
            arms.check_skill("no-such-skill")
        assert arms.settings().skills[SKILL].model == "small"
        assert arms.next_of_all() is None
        assert arms.review() == arms.review(SKILL) == []
        with pytest.raises(ExperimentError, match="no prompt waits"):
            arms.approve(SKILL)
        with pytest.raises(ExperimentError, match="no prompt waits"):
            arms.refuse(SKILL)
        assert arms.status().running is None
        assert arms.simulate(SKILL).skill == SKILL
        assert arms.prune(dry_run=True).rows == 0
        arms.create(SKILL, [file])
        arms.run(SKILL, text=text(8), task_id="asked")
        arms.promote(SKILL, "A")
        assert (arms.diff(SKILL).old, arms.diff(SKILL).new) == (1, 2)
        assert arms.reset(SKILL).version == 3
