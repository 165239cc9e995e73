"""Try each skill's own scorer once, and see whether the judge of its live tasks is believed."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.core.errors import ConfigError, ExampleError, NotScored
from tinyarms.core.text import counted
from tinyarms.loop.calling.example_names import example_name
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.own_scorer import OwnScorer
from tinyarms.loop.watching.online_state import read_online
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork


def scorer_findings(context: Context, name: str) -> Iterator[DoctorFinding]:
    """Whether the skill's own scorer can be loaded and scores an output; nothing if it has none."""
    skill = context.skill(name).skill
    if skill.scorer is None or ":" not in skill.scorer:
        return
    try:
        scorer = context.scorer(skill)
        assert isinstance(scorer, OwnScorer)
        yield _tried(context, skill, scorer)
        scorer.close()
    except ConfigError as error:
        yield found_error("scorers", error, name)


def judge_findings(context: Context, work: UnitOfWork, name: str) -> Iterator[DoctorFinding]:
    """Whether the judge of the skill's live tasks agrees with people; nothing if it has none."""
    online, active = context.skill(name).online, work.history.active(name)
    if online is None or active is None:
        return
    view = read_online(work, name, active.version, online, context.clock())
    if view.standing == "not_believed":
        remedy = "Use a better judge, or say in `online.rubric` what makes an answer right."
        yield DoctorFinding("scorers", "warning", view.why, name, remedy)
    else:
        yield DoctorFinding("scorers", "ok", view.why, name)
    if view.problem is not None:
        what = f"{view.judge} could not grade {counted(view.not_graded, 'task')}: {view.problem}"
        yield DoctorFinding("scorers", "warning", what, name, "Fix the judge.")


def _tried(context: Context, skill: Skill, scorer: OwnScorer) -> DoctorFinding:
    example = _first_example(context, skill)
    if example is None:
        what = f"The scorer {scorer.path} can be loaded; no example is there to try it on."
        return DoctorFinding("scorers", "ok", what, skill.name)
    place = example_name(context, skill, example)
    try:
        score = scorer(example, example.expected)
    except NotScored as error:
        what = f"{scorer.path} could not score the expected output of {place}: {error.message}"
        return DoctorFinding("scorers", "error", what, skill.name, "Fix the scorer.")
    what = f"{scorer.path} gives {float(score):g} for the expected output of {place}."
    if score >= skill.success_at or not example.expected:
        return DoctorFinding("scorers", "ok", what, skill.name)
    remedy = "Does it take (example, output) in this order? Is `success_at` right?"
    return DoctorFinding("scorers", "warning", f"{what} That is no success.", skill.name, remedy)


def _first_example(context: Context, skill: Skill) -> Example | None:
    try:
        examples = context.examples(skill)
    except (ConfigError, ExampleError):  # The checks of the examples report it.
        return None
    return next((each for each in examples if each.split != "test"), None)
