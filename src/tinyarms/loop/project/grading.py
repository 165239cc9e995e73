"""Scorers from outside: a model that grades by a rubric, and a function in a Python module."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from tinyarms.core.errors import ConfigError, ContractViolation
from tinyarms.skills.contract import JsonSchema
from tinyarms.skills.example import Example
from tinyarms.skills.execution import LanguageModel, ModelReply, ModelRequest, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer

WORST, BEST = 1, 5
_SCORE = {"type": "integer", "minimum": WORST, "maximum": BEST}
_GRADE = JsonSchema(
    {"type": "object", "properties": {"score": _SCORE}, "required": ["score"]}, max_tokens=32
)
_ASKED = f'Grade the answer from {WORST} (wrong) to {BEST} (perfect): {{"score": 3}}'


def grade_request(rubric: str, inputs: Mapping[str, str], output: str) -> ModelRequest:
    """The request for a grade of an output; the reply is JSON with a `score`."""
    return build_request(_GRADE, Prompt(f"{rubric}\n\n{_ASKED}"), {**inputs, "answer": output})


def read_grade(reply: ModelReply) -> float | None:
    """The grade in [0, 1]; `None` for a reply that is none."""
    try:
        score = json.loads(_GRADE.parse(reply.text))["score"]
    except ContractViolation:
        return None
    return float(score - WORST) / (BEST - WORST)


@dataclass(frozen=True)
class JudgeScorer:
    """The scorer `judge`: grades an output beside the expected one. A nonsense reply scores 0."""

    model: Callable[[], LanguageModel]
    """Called at the first grade: a scorer that is not used starts no model."""

    def __call__(self, rubric: str, example: Example, output: str) -> float:
        inputs = {**example.inputs, "expected": example.expected}
        reply = self.model().complete(grade_request(rubric, inputs, output))
        return read_grade(reply) or 0.0


def import_scorer(path: str, where: str) -> Scorer:
    """The Python callable `module:function` as a scorer. Raises `ConfigError`."""
    module, _, function = path.partition(":")
    try:
        scorer: Scorer = getattr(import_module(module), function)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise ConfigError(
            f"{where}: cannot import the scorer {path}: {error}.",
            "Write module:function, and put the module where Python finds it.",
        ) from error
    if not callable(scorer):
        raise ConfigError(
            f"{where}: the scorer {path} is not a function.",
            "Name a function (example, output) → score in [0, 1].",
        )
    return scorer
