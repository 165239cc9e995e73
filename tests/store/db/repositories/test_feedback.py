from __future__ import annotations

import threading

import pytest

from tests.store.rows import SKILL, at, feedback, task
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import Standing


def test_feedback_is_there_once(store: Store) -> None:
    with store.unit_of_work() as uow:
        assert uow.feedback.add(feedback("f", "t", success=True))
        assert not uow.feedback.add(feedback("f", "t", success=False))
    with store.read() as uow:
        assert uow.feedback.get("f") == feedback("f", "t", success=True)
        assert uow.feedback.get("g") is None


@pytest.mark.slow
def test_feedback_and_its_task_at_the_same_moment(store: Store) -> None:
    """Whoever comes second sees the other."""
    ready, seen = threading.Barrier(2, timeout=30), dict[str, int]()

    def give_feedback(task_id: str) -> None:
        ready.wait()
        with store.unit_of_work() as uow:
            uow.feedback.add(feedback(f"f-{task_id}", task_id, success=True))
            seen[task_id] = int(uow.tasks.get(task_id) is not None)

    for task_id in [f"t{n}" for n in range(20)]:
        thread = threading.Thread(target=give_feedback, args=(task_id,))
        thread.start()
        ready.wait()
        with store.unit_of_work() as uow:
            uow.tasks.add(task(task_id))
            waited = len(uow.feedback.of(task_id))
        thread.join()
        assert waited + seen[task_id] == 1


def test_whose_the_newest_counted_feedback_is(store: Store) -> None:
    said: dict[str, tuple[str | None, Standing | None]] = {
        "a": ("ann", "counted"),
        "b": (None, "counted"),
        "c": ("ann", "changed"),
        "d": ("bob", "over_cap"),
        "e": ("eve", "counted"),
        "f": ("fay", None),
    }
    with store.unit_of_work() as uow:
        for number, (id, (user, standing)) in enumerate(said.items()):
            uow.feedback.add(feedback(id, "t", success=True))
            if standing is not None:
                uow.feedback.settle(id, SKILL, user, standing, at(number))
    with store.unit_of_work() as uow:
        assert uow.feedback.newest_users(SKILL, at(0), 9) == ["eve", "ann"]
        assert uow.feedback.newest_users(SKILL, at(1), 9) == ["eve"]
        assert uow.feedback.newest_users(SKILL, at(0), 1) == ["eve"]
        assert uow.feedback.newest_users("other", at(0), 9) == []
    with store.read() as uow:
        lost = [uow.feedback.uncounted(SKILL, at(minute), 5) for minute in (3, 4)]
        assert lost == [1, 0]
        assert uow.feedback.uncounted(SKILL, at(0), 0) == 0
        stored = uow.feedback.get("d")
        assert stored is not None and (stored.skill, stored.settled_at) == (SKILL, at(3))


def test_the_feedback_of_a_task(store: Store) -> None:
    first = feedback("f2", "t", correction="grüße")
    later = feedback("f1", "t", success=True, created_at=at(1), user="ann")
    with store.unit_of_work() as uow:
        for each in (later, first, feedback("f3", "other", success=True)):
            uow.feedback.add(each)
    with store.read() as uow:
        assert uow.feedback.of("t") == [first, later]
        assert uow.feedback.of("nothing") == []
