"""Try each skill's own scorer once: on an example whose output is the expected one."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.core.errors import ConfigError, ExampleError, NotScored
from tinyarms.loop.calling.example_names import example_name
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.own_scorer import OwnScorer
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill


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
