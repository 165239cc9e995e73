"""How long a skill's calls take, for the estimate before a search."""

from __future__ import annotations

from datetime import UTC, datetime

from tinyarms.skills.execution import ModelReply
from tinyarms.store.database import Store
from tinyarms.store.records import EvaluationRecord, SessionRecord, TaskRecord

_NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _evaluation(ordinal: int, latency_ms: float, cached: bool) -> EvaluationRecord:
    return EvaluationRecord(
        session_id="s",
        ordinal=ordinal,
        key="k",
        purpose="search",
        prompt_hash="h",
        example_id="e",
        reply=ModelReply("x", 1, 1, latency_ms),
        output="x",
        violation=None,
        score=1.0,
        cached=cached,
        created_at=_NOW,
    )


def test_evaluations_that_were_calls_count_and_cache_hits_do_not(store: Store) -> None:
    session = SessionRecord(
        id="s",
        skill="naming",
        original_prompt_hash="h",
        triggered_at=_NOW,
        trigger_reason="manual",
        base_version=1,
        optimizer="promptbreeder",
        seed=0,
    )
    with store.unit_of_work() as work:
        assert work.calls.mean_latency_ms("naming") is None
        work.sessions.add(session)
        for ordinal, (latency_ms, cached) in enumerate([(100, False), (300, False), (9, True)]):
            work.calls.add_evaluation(_evaluation(ordinal, latency_ms, cached))
    with store.read() as work:
        assert work.calls.mean_latency_ms("naming") == 200
        assert work.calls.mean_latency_ms("other") is None


def test_tasks_without_a_latency_do_not_count(store: Store) -> None:
    with store.unit_of_work() as work:
        assert work.tasks.mean_latency_ms("naming") is None
        for name, latency_ms in (("a", 10.0), ("b", None), ("c", 30.0)):
            work.tasks.add(
                TaskRecord(
                    id=name, skill="naming", inputs={}, created_at=_NOW, latency_ms=latency_ms
                )
            )
    with store.read() as work:
        assert work.tasks.mean_latency_ms("naming") == 20
