from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import SKILL, at, feedback, task
from tinyarms.store.database import Store
from tinyarms.store.records import FeedbackRecord


def test_a_task_comes_back_as_it_went_in_and_only_once(store: Store) -> None:
    whole = task(
        "t1",
        variant_id="v",
        violation="empty",
        latency_ms=1.5,
        model="smollm2:135m",
        prompt_tokens=1,
        completion_tokens=2,
        user="ada",
        success=False,
        outcome_source="scorer",
    )
    with store.unit_of_work() as uow:
        uow.tasks.add(whole)
        uow.tasks.add(replace(whole, output="later"))
    with store.read() as uow:
        assert uow.tasks.get("t1") == whole
        assert uow.tasks.get("t2") is None


@pytest.mark.parametrize(
    ("waiting", "success", "source"),
    [
        ([feedback("f", "t1", success=True)], True, "feedback"),
        ([feedback("f", "t1", success=False)], False, "feedback"),
        ([feedback("f", "t1", success=True, correction="nö")], False, "correction"),
        ([feedback("f", "t1")], None, None),
        ([feedback("f", "another", success=True)], None, None),
        (
            [
                feedback("a", "t1", success=False, created_at=at(2)),
                feedback("b", "t1", success=True, created_at=at(1)),
            ],
            False,
            "feedback",
        ),
    ],
)
def test_feedback_that_came_first_decides(
    store: Store, waiting: list[FeedbackRecord], success: bool | None, source: str | None
) -> None:
    with store.unit_of_work() as uow:
        for each in waiting:
            assert uow.feedback.add(each)
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t1"))
    with store.read() as uow:
        assert uow.tasks.get("t1") == task("t1", success=success, outcome_source=source)


def test_set_outcome_says_whether_there_is_a_task(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t1"))
        assert uow.tasks.set_outcome("t1", True, "feedback")
        assert not uow.tasks.set_outcome("t2", True, "feedback")


def test_outcomes_are_the_newest_oldest_first(store: Store) -> None:
    with store.unit_of_work() as uow:
        for minute, (success, version) in enumerate(
            [(True, 1), (False, 2), (None, 2), (True, 2), (False, 2)]
        ):
            known = task(
                f"t{minute}", created_at=at(minute), success=success, prompt_version=version
            )
            uow.tasks.add(known)
        uow.tasks.add(task("x", skill="other", success=True, created_at=at(9)))
    with store.read() as uow:
        everything = [(True, at(0)), (False, at(1)), (True, at(3)), (False, at(4))]
        assert uow.tasks.outcomes(SKILL) == everything
        assert uow.tasks.outcomes(SKILL, limit=2) == everything[-2:]
        assert uow.tasks.outcomes(SKILL, since=at(1), version=2, limit=9) == everything[1:]
        assert uow.tasks.outcomes(SKILL, since=at(3.5)) == everything[3:]
        assert uow.tasks.outcomes("nobody") == []


def test_recent_and_count(store: Store) -> None:
    with store.unit_of_work() as uow:
        for minute, success in enumerate([True, False, None, False]):
            uow.tasks.add(task(f"t{minute}", created_at=at(minute), success=success))
        uow.tasks.add(task("x", skill="other"))
    with store.read() as uow:
        assert [each.id for each in uow.tasks.recent(SKILL)] == ["t3", "t2", "t1", "t0"]
        assert [each.id for each in uow.tasks.recent(SKILL, False, 5)] == ["t3", "t1"]
        assert [each.id for each in uow.tasks.recent(SKILL, False, 1)] == ["t3"]
        assert [each.id for each in uow.tasks.recent(SKILL, True)] == ["t0"]
        assert uow.tasks.count(SKILL) == 4
        assert uow.tasks.count(SKILL, since=at(2), version=1) == 2
        assert uow.tasks.count(SKILL, version=2) == 0


def test_what_a_report_needs_of_the_tasks(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t1", created_at=at(1), success=True, latency_ms=2.5))
        uow.tasks.add(task("t0", created_at=at(0), output=None, violation="no label"))
        uow.tasks.add(task("t2", created_at=at(2), success=False, prompt_version=2))
    with store.read() as uow:
        assert uow.tasks.ran(SKILL, version=1) == [(None, True, None), (True, False, 2.5)]
        assert uow.tasks.ran(SKILL, since=at(1)) == [(True, False, 2.5), (False, False, None)]
        assert uow.tasks.ran("nobody") == []
