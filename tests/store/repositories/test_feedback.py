from __future__ import annotations

import threading

from tests.store.rows import at, feedback, task
from tinyarms.store.database import Store


def test_feedback_sent_twice_counts_once(store: Store) -> None:
    with store.unit_of_work() as uow:
        assert uow.feedback.add(feedback("f", "t", success=True))
        assert not uow.feedback.add(feedback("f", "t", success=False))
    with store.unit_of_work() as uow:
        uow.tasks.add(task("t"))
    with store.read() as uow:
        assert uow.tasks.get("t") == task("t", success=True, outcome_source="feedback")


def test_feedback_and_its_task_at_the_same_moment(store: Store) -> None:
    ready = threading.Barrier(2, timeout=30)

    def give_feedback(task_id: str) -> None:
        ready.wait()
        with store.unit_of_work() as uow:
            uow.feedback.add(feedback(f"f-{task_id}", task_id, success=True))
            uow.tasks.set_outcome(task_id, True, "feedback")

    for task_id in [f"t{n}" for n in range(20)]:
        thread = threading.Thread(target=give_feedback, args=(task_id,))
        thread.start()
        ready.wait()
        with store.unit_of_work() as uow:
            uow.tasks.add(task(task_id))
        thread.join()
        with store.read() as uow:
            known = uow.tasks.get(task_id)
            assert known is not None and known.success is True


def test_the_feedback_of_a_task(store: Store) -> None:
    first = feedback("f2", "t", correction="grüße")
    later = feedback("f1", "t", success=True, created_at=at(1), user="ann")
    with store.unit_of_work() as uow:
        for each in (later, first, feedback("f3", "other", success=True)):
            uow.feedback.add(each)
    with store.read() as uow:
        assert uow.feedback.of("t") == [first, later]
        assert uow.feedback.of("nothing") == []
