"""The calls that a skill's scorer makes to a judge model: how many, and how large they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from tinyarms.loop.calling.scoring import grade_requests, judge_model, rubrics_for
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.skill import Skill

_MEASURED = 20
"""Calls whose requests an estimate measures. Higher: it is a little more exact."""


@dataclass(frozen=True)
class ScorerCalls:
    """What a scorer asks of a judge."""

    model: str
    """The judge's name under `models:`."""
    of_an_output: float
    """Calls for each output, on average of the examples; none if it breaks the contract."""
    requests: tuple[ModelRequest, ...]
    """Some of the calls, with the expected outputs as answers."""

    def of(self, outputs: float) -> int:
        """The most calls for so many outputs."""
        return round(outputs * self.of_an_output)


def scorer_calls(skill: Skill, examples: Sequence[Example]) -> ScorerCalls | None:
    """The calls of the scorers `judge` and `checks`; `None`: it asks no model.

    `examples`: those that are scored; the scorer `checks` asks a judge where one of their checks is
    a rubric.
    """
    if skill.scorer not in ("judge", "checks"):
        return None
    n = sum(len(rubrics_for(skill, example)) for example in examples)
    if skill.scorer == "checks" and not n:
        return None
    return ScorerCalls(
        model=judge_model(skill),
        of_an_output=n / len(examples) if examples else 1.0,
        requests=tuple(islice(_requests(skill, examples), _MEASURED)),
    )


def _requests(skill: Skill, examples: Iterable[Example]) -> Iterable[ModelRequest]:
    for example in examples:
        yield from grade_requests(skill, example, example.expected)
