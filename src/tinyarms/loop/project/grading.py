"""The scorers that need more than texts: a judge model, and a function in a Python module."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tinyarms.core.errors import ConfigError, ContractViolation, NotScored
from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.stdout import stdout_to_stderr
from tinyarms.core.text import one_line, shorten
from tinyarms.skills.contract import JsonSchema
from tinyarms.skills.example import Example
from tinyarms.skills.execution import (
    LanguageModel,
    ModelReply,
    ModelRequest,
    ask,
    build_request,
    masked_request,
)
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Grade, Scorer

WORST, BEST = 1, 5
_SCORE = {"type": "integer", "minimum": WORST, "maximum": BEST}
_GRADE = JsonSchema(
    {"type": "object", "properties": {"score": _SCORE}, "required": ["score"]}, max_tokens=32
)
_EXPLAINED = JsonSchema(
    {
        "type": "object",
        "properties": {"score": _SCORE, "reason": {"type": "string"}},
        "required": ["score", "reason"],
    },
    max_tokens=128,
)
_RANGE = f"Grade the answer from {WORST} (wrong) to {BEST} (perfect)"
_ASKED = f'{_RANGE}: {{"score": 3}}'
_ASKED_WHY = (
    f"{_RANGE}, and say in a few words what is wrong with it: "
    '{"score": 3, "reason": "It names no colour."}'
)
_CUT = re.compile(r'\s*\{\s*"score"\s*:\s*([1-5])\s*,\s*"reason"')
"""The beginning of a reply that was cut off in its reason."""


def grade_request(rubric: str, inputs: Mapping[str, str], output: str) -> ModelRequest:
    """The request for a grade of an output; the reply is JSON with a `score`."""
    return build_request(_GRADE, Prompt(f"{rubric}\n\n{_ASKED}"), {**inputs, "answer": output})


def reasoned_grade_request(rubric: str, inputs: Mapping[str, str], output: str) -> ModelRequest:
    """The same, where the reply has a `reason` too. The score comes first, so that it is there
    even if the reply is cut off."""
    return build_request(
        _EXPLAINED, Prompt(f"{rubric}\n\n{_ASKED_WHY}"), {**inputs, "answer": output}
    )


def read_grade(reply: ModelReply) -> Grade | None:
    """The grade in [0, 1], with its reason if the reply has one; `None` if it has no grade."""
    cut = _CUT.match(reply.text)
    try:
        said = json.loads(_GRADE.parse(reply.text))
    except ContractViolation:
        return Grade(_share(int(cut[1]))) if cut else None
    reason = said.get("reason")
    return Grade(_share(said["score"]), one_line(reason) if isinstance(reason, str) else "")


def _share(score: float) -> float:
    return float(score - WORST) / (BEST - WORST)


@dataclass(frozen=True)
class JudgeScorer:
    """The scorer `judge`: a model grades an output by a rubric.

    Raises `NotScored` for a reply without a grade, and `ModelError` if the judge does not reply.
    """

    model: Callable[[], LanguageModel]
    """Starts the judge at the first grade, so that an unused scorer starts no model."""
    masks: Callable[[], Collection[MaskKind]] = tuple
    """The kinds of private data that the judge must not see."""

    def __call__(self, rubric: str, example: Example, output: str) -> Grade:
        inputs = {**example.inputs, "expected": example.expected}
        request = masked_request(reasoned_grade_request(rubric, inputs, output), self.masks())
        reply = ask(self.model(), request)
        grade = read_grade(reply)
        if grade is None:
            raise NotScored(f"The judge gave no grade but {shorten(one_line(reply.text), 100)!r}.")
        return grade


@dataclass(frozen=True)
class ImportedScorer:
    """A person's own scorer. What it prints goes to standard error."""

    function: Scorer

    def __call__(self, example: Example, output: str) -> float:
        with stdout_to_stderr():
            return self.function(example, output)

    def explain(self, example: Example, output: str) -> str:
        """What the function's own `explain` says; empty if it has none."""
        explain = getattr(self.function, "explain", None)
        if not callable(explain):
            return ""
        with stdout_to_stderr():
            return str(explain(example, output))


def import_scorer(path: str, where: str, root: Path) -> Scorer:
    """The Python callable `module:function` as a scorer. Raises `ConfigError`.

    Python searches `root`, the project's folder, last. What the module prints goes to standard
    error.
    """
    module, _, function = path.partition(":")
    if str(root) not in sys.path:
        sys.path.append(str(root))
    try:
        with stdout_to_stderr():
            scorer: Scorer = getattr(import_module(module), function)
    except (Exception, SystemExit) as error:  # The module's own code runs here.
        raise ConfigError(
            f"{where}: cannot import the scorer {path}: {type(error).__name__}: {error}.",
            f"Write module:function, and put the module into {root}, or install it.",
        ) from error
    if not callable(scorer):
        raise ConfigError(
            f"{where}: the scorer {path} is not a function.",
            "Name a function (example, output) → score in [0, 1].",
        )

    return ImportedScorer(scorer)
