"""Replies of models and their cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.skills.execution import ModelReply, UnansweredKind

Purpose = Literal["search", "selection", "test"]

JUDGE = "judge"
"""Stored as the operator of the judge's calls."""
SCORER = "scorer"
"""`WriterCallRecord.operator` of a judge's reply to the scorer."""


@dataclass(frozen=True, kw_only=True)
class WriterCallRecord:
    """A reply of the writer, with its call index (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    operator: str
    parents: tuple[str, ...]
    reply: ModelReply
    created_at: datetime
    verdict: str | None = None
    """The guards' verdict, `accepted` or the reason; `None` until there is one."""


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One prompt on one example, with its call index (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    purpose: Purpose
    prompt_hash: str
    example_id: str
    reply: ModelReply
    output: str | None
    violation: str | None
    score: float | None
    """In [0, 1]; `None`: the scorer gave no score, and the example does not count."""
    reason: str | None = None
    """Why the score is not higher, as a scorer that is a model says it; `None`: it does not say."""
    cached: bool
    """Whether it was copied from an earlier evaluation with the same key, without a call."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class UnansweredRecord:
    """A call of a search that brought no reply, with its call index (`ordinal`) in the session.

    The search continued without it, and a resumed search does too. It is neither cached nor scored.
    """

    session_id: str
    ordinal: int
    key: str
    example_id: str | None
    """`None` for a call of the writer or the judge."""
    kind: UnansweredKind
    reason: str
    """The model's or server's error in one sentence; empty in rows of earlier versions."""
    created_at: datetime


@dataclass(frozen=True)
class Cost:
    """Mean cost of a call; `None` if not known."""

    tokens: float | None
    """Tokens of prompt and reply."""
    seconds: float | None
    completion_tokens: float | None = None
    """The part of `tokens` that the reply has; `None` also in records of earlier versions."""


UNKNOWN_COST = Cost(None, None)


@dataclass(frozen=True)
class PromptCost:
    """What a prompt costs for each task, on average."""

    calls: int
    """The number of calls that it is the mean of, at least 1."""
    prompt_tokens: float
    """Tokens of the request."""
    seconds: float
    """Seconds of the call."""
