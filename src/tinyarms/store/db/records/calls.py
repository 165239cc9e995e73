"""Replies of models, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.skills.execution import ModelReply, UnansweredKind

Purpose = Literal["search", "selection", "test"]

JUDGE = "judge"
"""Stands for the operator in the calls of the judge."""


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
    """What the guards said: `None` while they have not, else `accepted` or the reason."""


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
    """In [0, 1]; `None`: the scorer has given none, and the example counts nowhere."""
    cached: bool
    """Taken over from an earlier evaluation with the same key: no call was made."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class UnansweredRecord:
    """A call of a search that brought no reply, with its call index (`ordinal`) in the session.

    The search went on without it, so one that is run again does too. It is no reply: it is in no
    cache, and it has no score.
    """

    session_id: str
    ordinal: int
    key: str
    example_id: str | None
    """`None` for a call of the writer or the judge."""
    kind: UnansweredKind
    reason: str
    """What the model or the server said, in one sentence; empty in rows of earlier versions."""
    created_at: datetime


@dataclass(frozen=True)
class Cost:
    """What a call costs on the average; `None` where that is not known."""

    tokens: float | None
    """Of prompt and reply."""
    seconds: float | None


UNKNOWN_COST = Cost(None, None)
