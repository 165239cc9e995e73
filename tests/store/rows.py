"""Rows for the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tinyarms.core.settings import Budget, Evolution
from tinyarms.skills.execution import ModelReply
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.store.db.records import (
    BallotRecord,
    CandidateRecord,
    EvaluationRecord,
    FeedbackRecord,
    HistoryRecord,
    OptionRecord,
    SearchPlan,
    SessionRecord,
    SessionState,
    TaskRecord,
    VariantRecord,
    VoteRecord,
    WriterCallRecord,
)

NOW = datetime(2024, 11, 10, 8, 0, 0, 123456, tzinfo=UTC)
SKILL = "file-naming"
PROMPT = Prompt(
    "Say “ja” or “nö”.\n{{content}}",
    (Demonstration({"content": "grüße"}, "ja"),),
    {"ja": 0.1 + 0.2, "nö": -1.5},
)
REPLY = ModelReply("ja", 40, 3, 12.5, 7, {"ja": -0.1, "nö": -2.25})


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def session(id: str = "s1", **changes: Any) -> SessionRecord:
    given: dict[str, Any] = {
        "id": id,
        "skill": SKILL,
        "original_prompt_hash": PROMPT.hash,
        "triggered_at": NOW,
        "trigger_reason": "manual",
        "base_version": 1,
        "preset": "default",
        "author": "writer",
        "optimizer": "promptbreeder",
        "seed": 2**40,
        "state": SessionState.SEARCHING,
        "search": SearchPlan(
            variants=3, writer="small", budget=Budget(calls=50), evolution=Evolution()
        ),
    }
    return SessionRecord(**given | changes)


def candidate(variant_id: str, session_id: str = "s1", **changes: Any) -> CandidateRecord:
    given: dict[str, Any] = {
        "variant_id": variant_id,
        "session_id": session_id,
        "skill_name": SKILL,
        "prompt": PROMPT,
        "generation": 0,
        "mutation_type": "direct",
        "created_at": NOW,
    }
    return CandidateRecord(**given | changes)


def variant(letter: str, session_id: str = "s1", **changes: Any) -> VariantRecord:
    given: dict[str, Any] = {
        "id": f"{session_id}-{letter}",
        "session_id": session_id,
        "variant_letter": letter,
        "prompt": PROMPT,
        "reasoning": "direct of v1",
    }
    return VariantRecord(**given | changes)


def history(version: int, **changes: Any) -> HistoryRecord:
    given: dict[str, Any] = {
        "id": f"h{version}",
        "skill": SKILL,
        "version": version,
        "prompt_template_path": f"skills/{SKILL}-v{version}.md",
        "active_from": at(version),
    }
    return HistoryRecord(**given | changes)


def writer_call(ordinal: int, session_id: str = "s1", **changes: Any) -> WriterCallRecord:
    given: dict[str, Any] = {
        "session_id": session_id,
        "ordinal": ordinal,
        "key": f"k{ordinal}",
        "operator": "crossover",
        "parents": ("a", "b"),
        "reply": REPLY,
        "created_at": at(ordinal),
    }
    return WriterCallRecord(**given | changes)


def evaluation(ordinal: int, session_id: str = "s1", **changes: Any) -> EvaluationRecord:
    given: dict[str, Any] = {
        "session_id": session_id,
        "ordinal": ordinal,
        "key": f"k{ordinal}",
        "purpose": "search",
        "prompt_hash": PROMPT.hash,
        "example_id": "e1",
        "reply": REPLY,
        "output": "ja",
        "violation": None,
        "score": 0.5,
        "cached": False,
        "created_at": at(ordinal),
    }
    return EvaluationRecord(**given | changes)


def task(id: str, **changes: Any) -> TaskRecord:
    given: dict[str, Any] = {
        "id": id,
        "skill": SKILL,
        "inputs": {"content": "grüße"},
        "created_at": NOW,
        "prompt_version": 1,
        "output": "ja",
    }
    return TaskRecord(**given | changes)


def feedback(id: str, task_id: str, **changes: Any) -> FeedbackRecord:
    given: dict[str, Any] = {"id": id, "task_id": task_id, "created_at": NOW}
    return FeedbackRecord(**given | changes)


def ballot(id: str, session_id: str = "s1", **changes: Any) -> BallotRecord:
    given: dict[str, Any] = {
        "id": id,
        "session_id": session_id,
        "skill": SKILL,
        "task_id": f"task-{id}",
        "rule": "sprt",
        "inputs": {"content": "grüße"},
        "created_at": NOW,
        "options": (
            OptionRecord(0, f"{session_id}-B", "ja"),
            OptionRecord(1, f"{session_id}-A", None),
        ),
    }
    return BallotRecord(**given | changes)


def vote(id: str, ballot_id: str, position: int | None = 0, **changes: Any) -> VoteRecord:
    given: dict[str, Any] = {
        "id": id,
        "ballot_id": ballot_id,
        "answer": "skip" if position is None else "pick",
        "position": position,
        "created_at": NOW,
    }
    return VoteRecord(**given | changes)
