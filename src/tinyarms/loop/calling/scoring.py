"""What a skill's scorer asks of a judge about an output."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.loop.project.context import Context
from tinyarms.loop.project.grading import reasoned_grade_request
from tinyarms.models.base import as_sent_by
from tinyarms.skills.checks import rubrics_of
from tinyarms.skills.contract import Contract
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest, masked_request
from tinyarms.skills.skill import Skill

_MOST_BYTES_OF_A_TOKEN = 8
"""Most bytes of UTF-8 that the tokens of an output have on average; English and code have 4 to 5.
Too low: a scorer may overshoot the budget. Higher: a search ends a call earlier."""

ASKING = ("judge", "checks")
"""The scorers that may ask a judge."""


def judge_model(skill: Skill) -> str:
    """The model that the skill's scorer asks, if it asks one: a name under `models:`."""
    return str(skill.scorer_options.get("model", skill.model))


def rubrics_for(skill: Skill, example: Example) -> list[str]:
    """What the judge is asked about each output for an example; empty if it is not asked."""
    if skill.scorer == "judge":
        return [str(skill.scorer_options.get("rubric", ""))]
    return rubrics_of(example) if skill.scorer == "checks" else []


def grade_requests(skill: Skill, example: Example, output: str) -> Iterator[ModelRequest]:
    """The scorer's requests about an output, with nothing masked."""
    inputs = {**example.inputs, "expected": example.expected}
    for rubric in rubrics_for(skill, example):
        yield reasoned_grade_request(rubric, inputs, output)


def largest_requests(context: Context, skill: Skill, example: Example) -> tuple[ModelRequest, ...]:
    """The scorer's requests about the longest output for an example, as they are sent."""
    if not rubrics_for(skill, example):
        return ()
    name = judge_model(skill)
    model, masks = context.model(name), context.masks_for(name)
    requests = grade_requests(skill, example, _longest_output(skill.contract))
    return tuple(as_sent_by(model, masked_request(request, masks)) for request in requests)


def _longest_output(contract: Contract) -> str:
    if contract.labels:
        return max(contract.labels, key=lambda label: len(label.encode()))
    return "x" * (contract.max_tokens * _MOST_BYTES_OF_A_TOKEN)
