from __future__ import annotations

import subprocess
import sys

import tinyarms
from tests.loop.place import BETTER, SKILL, V1, Place, answer, text
from tinyarms import TinyArms, TinyArmsError


def test_the_whole_way_from_python(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1}}")
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


def test_importing_tinyarms_loads_nothing_heavy() -> None:
    code = (
        "import sys, tinyarms; "
        "print([m for m in ('sqlalchemy', 'pydantic', 'scipy', 'openai', 'rich') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_what_the_package_gives() -> None:
    assert issubclass(TinyArmsError, Exception)
    assert not hasattr(tinyarms, "nothing")
