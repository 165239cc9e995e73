"""What an optimizer is told of an evaluation."""

from __future__ import annotations

from tinyarms.evolution.protocol import Answer, Evaluate, Evaluated, Request, Spent
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.skills.execution import Unanswered
from tinyarms.store.db.records import Purpose


def answer_of(made: EvaluationAnswer) -> Answer:
    """The answer to the optimizer's request."""
    if made is None:
        return Spent()
    if isinstance(made, Unanswered):
        return made
    assert made.score is not None  # An evaluation without a score is unanswered.
    return Evaluated(
        score=made.score,
        cached=made.cached,
        label_logprobs=made.reply.label_logprobs,
        listed=made.reply.listed,
        output=made.output,
        reply=made.reply.text,
        violation=made.violation or "",
        reason=made.reason or "",
        prompt_tokens=made.reply.prompt_tokens,
        ms=made.reply.latency_ms,
    )


def purpose_of(request: Request) -> Purpose | None:
    """The purpose of an evaluation; `None` for a writer call."""
    if not isinstance(request, Evaluate):
        return None
    return "selection" if request.selection else "search"
