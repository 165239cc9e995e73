"""The costs of a skill's calls, for the estimate before a search."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tinyarms.skills.execution import ModelReply
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import (
    JUDGE,
    Cost,
    EvaluationRecord,
    SessionRecord,
    SessionState,
    TaskRecord,
    WriterCallRecord,
)

_NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _evaluation(ordinal: int, latency_ms: float, cached: bool) -> EvaluationRecord:
    return EvaluationRecord(
        session_id="s",
        ordinal=ordinal,
        key="k",
        purpose="search",
        prompt_hash="h",
        example_id="e",
        reply=ModelReply("x", ordinal, 1, latency_ms),
        output="x",
        violation=None,
        score=1.0,
        cached=cached,
        created_at=_NOW,
    )


def _writing(ordinal: int, operator: str) -> WriterCallRecord:
    return WriterCallRecord(
        session_id="s",
        ordinal=ordinal,
        key="k",
        operator=operator,
        parents=(),
        reply=ModelReply("x", 30, 10, 1500.0),
        created_at=_NOW,
    )


@pytest.mark.slow
def test_evaluations_that_were_calls_count_and_cache_hits_do_not(store: Store) -> None:
    session = SessionRecord(
        id="s",
        skill="naming",
        original_prompt_hash="h",
        triggered_at=_NOW,
        trigger_reason="manual",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.SEARCHING,
    )
    with store.unit_of_work() as work:
        assert work.calls.mean_cost("naming") == Cost(None, None)
        assert work.calls.writing_cost("naming") == (0, Cost(None, None))
        work.sessions.add(session)
        for ordinal, (latency_ms, cached) in enumerate([(100, False), (300, False), (9, True)]):
            work.calls.add_evaluation(_evaluation(ordinal, latency_ms, cached))
        for ordinal, operator in ((3, "rewrite"), (4, JUDGE)):
            work.calls.add_writer(_writing(ordinal, operator))
    with store.read() as work:
        assert work.calls.mean_cost("naming") == Cost(1.5, 0.2, 1)
        assert work.calls.writing_cost("naming") == (0.5, Cost(40, 1.5, 10))
        assert work.calls.mean_cost("other") == Cost(None, None)


def test_tasks_without_a_latency_do_not_count(store: Store) -> None:
    with store.unit_of_work() as work:
        assert work.tasks.mean_cost("naming") == Cost(None, None)
        for name, latency_ms in (("a", 10.0), ("b", None), ("c", 30.0)):
            work.tasks.add(
                TaskRecord(
                    id=name, skill="naming", inputs={}, created_at=_NOW, latency_ms=latency_ms
                )
            )
    with store.read() as work:
        assert work.tasks.mean_cost("naming") == Cost(None, 0.02)
