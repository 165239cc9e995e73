from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.rows import NOW, SKILL, at, task
from tinyarms.core.ids import new_id
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.repositories.usage import CallSums


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


def test_tasks_that_are_added_together_are_what_they_are_one_by_one(store: Store) -> None:
    def made(skill: str) -> list[TaskRecord]:
        return [
            task(
                f"{skill}-{number % 7}",  # Two of them come twice.
                skill=skill,
                created_at=at(40 * number),
                prompt_version=None if number == 3 else 1 + number % 2,
                success=(None, True, False)[number % 3],
                violation="empty" if number % 4 == 0 else None,
                model=("small", None)[number % 2],
                prompt_tokens=number,
                latency_ms=float(number),
                output=str(number),
            )
            for number in range(9)
        ]

    with store.unit_of_work() as uow:
        uow.tasks.add(made("alone")[5])
        uow.tasks.add(made("together")[5])
        for each in made("alone"):
            uow.tasks.add(each)
        uow.tasks.add_all(made("together"))
    with store.read() as uow:
        for number in range(7):
            alone, together = uow.tasks.get(f"alone-{number}"), uow.tasks.get(f"together-{number}")
            assert alone is not None and together is not None
            assert together == replace(alone, id=together.id, skill="together")
        for version in (1, 2):
            assert uow.tasks.counts("alone", version).tasks >= 2
            assert uow.tasks.counts("alone", version) == uow.tasks.counts("together", version)
        day = NOW - timedelta(days=2)
        assert uow.usage.of_tasks("alone", day) == uow.usage.of_tasks("together", day)


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


def test_latencies_of_the_newest_tasks(store: Store) -> None:
    with store.unit_of_work() as uow:
        for number, latency_ms in enumerate((1.0, None, 3.0, 4.0)):
            uow.tasks.add(task(f"t{number}", created_at=at(number), latency_ms=latency_ms))
        uow.tasks.add(task("other", created_at=at(9), latency_ms=9.0, prompt_version=2))
    with store.read() as uow:
        assert uow.tasks.latencies(SKILL, 1, NOW, 3) == [4.0, 3.0]
        assert uow.tasks.latencies(SKILL, 1, at(3), 3) == [4.0]


Step = tuple[int, int | None, int, bool | None, bool]


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([None, 1, 2]),
            st.integers(0, 300),
            st.sampled_from([None, True, False]),
            st.booleans(),
        ),
        max_size=12,
    ),
    cut=st.integers(0, 300),
)
def test_the_sums_are_those_of_the_tasks(store: Store, steps: list[Step], cut: int) -> None:
    """Whatever is added twice, comes late or changes its outcome."""
    skill, kept = new_id(), dict[str, TaskRecord]()
    with store.unit_of_work() as uow:
        for number, version, minutes, success, violated in steps:
            id, violation = f"{skill}-{number}", "no label" if violated else None
            record = task(
                id,
                skill=skill,
                created_at=at(minutes),
                prompt_version=version,
                violation=violation,
                success=None if number % 2 else success,
            )
            uow.tasks.add(record)
            kept.setdefault(id, record)
            if success is not None:
                uow.tasks.set_outcome(id, success, "feedback")
                kept[id] = replace(kept[id], success=success)
        for version in (1, 2):
            of = [each for each in kept.values() if each.prompt_version == version]
            late = [each for each in of if each.created_at >= at(cut)]
            early = [each for each in of if each.created_at < at(cut)]
            assert uow.tasks.counts(skill, version) == summed(of)
            assert uow.tasks.counts(skill, version, at(cut)) == summed(late)
            assert uow.tasks.counts_before(skill, version, at(cut)) == summed(early)


def summed(tasks: list[TaskRecord]) -> tuple[int, ...]:
    return (
        len(tasks),
        sum(each.success is True for each in tasks),
        sum(each.success is False for each in tasks),
        sum(each.violation is not None for each in tasks),
    )


def test_whether_anybody_else_with_a_name_has_run_the_skill_lately(store: Store) -> None:
    with store.unit_of_work() as uow:
        for id, user, hour in (("1", "bob", 5), ("2", "bob", 3), ("3", None, 5), ("4", "", 5)):
            uow.tasks.add(task(id, user=user, created_at=at(hour)))
    with store.read() as uow:
        assert not uow.tasks.has_others(SKILL, "bob", at(0))
        assert uow.tasks.has_others(SKILL, "ada", at(5)) and uow.tasks.has_others(
            SKILL, "cat", at(5)
        )
        assert not uow.tasks.has_others(SKILL, "ada", at(6))
        assert not uow.tasks.has_others("other", "ada", at(0))


def test_what_models_were_asked_for_is_summed_by_day(store: Store) -> None:
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    used = {"model": "small", "prompt_tokens": 80, "completion_tokens": 5, "latency_ms": 500.0}
    with store.unit_of_work() as uow:
        for number in range(3):
            uow.tasks.add(task(f"t{number}", created_at=day + timedelta(hours=number), **used))
        uow.tasks.add(task("t0", created_at=day, **used))
        uow.tasks.add(task("before", created_at=day - timedelta(seconds=1), **used))
        uow.tasks.add(task("own", created_at=day, prompt_version=None))
    with store.read() as uow:
        assert uow.usage.of_tasks(SKILL, day) == {
            "small": CallSums(3, 240, 15, seconds=1.5),
            None: CallSums(1),
        }
        assert uow.usage.of_tasks(SKILL, day - timedelta(days=1))["small"].calls == 4
        assert uow.usage.of_tasks("other", day) == {}
