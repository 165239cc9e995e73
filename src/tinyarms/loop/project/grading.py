"""The scorer that needs more than texts: a judge model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from tinyarms.core.errors import ContractViolation, NotScored
from tinyarms.core.privacy.finder import MaskKind
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
from tinyarms.skills.scorers import Grade

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


def graded(reply: ModelReply) -> Grade:
    """The same. Raises `NotScored` if the reply has no grade."""
    grade = read_grade(reply)
    if grade is None:
        raise NotScored(f"The judge gave no grade but {shorten(one_line(reply.text), 100)!r}.")
    return grade


def _share(score: float) -> float:
    return float(score - WORST) / (BEST - WORST)


@dataclass(frozen=True)
class JudgeReply:
    """What a judge replied to the scorer, and the key of the request."""

    key: str
    reply: ModelReply


_replies: ContextVar[list[JudgeReply] | None] = ContextVar("judge_replies", default=None)


@contextmanager
def judge_replies() -> Iterator[list[JudgeReply]]:
    """Collects what judges reply to the scorers that this thread calls inside of the block."""
    replies: list[JudgeReply] = []
    token = _replies.set(replies)
    try:
        yield replies
    finally:
        _replies.reset(token)


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
        model = self.model()
        reply = ask(model, request)
        if (replies := _replies.get()) is not None:
            replies.append(JudgeReply(request.key(model.name), reply))
        return graded(reply)
