from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import NOW, SKILL, at, feedback, task
from tinyarms.core.errors import ConflictError
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import HeldRecord, HoldbackRecord, HoldbackTaskRecord

HELD = HoldbackRecord(
    id="h1", skill=SKILL, version=2, reference=1, rule=HoldbackRule(0.2, 0.04), began_at=NOW
)


def given(task_id: str, reference: bool = False, minutes: float = 0) -> HoldbackTaskRecord:
    return HoldbackTaskRecord(
        holdback_id="h1", task_id=task_id, reference=reference, share=0.2, created_at=at(minutes)
    )


def test_open_until_it_is_ended(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.holdbacks.add(HELD)
        uow.holdbacks.add(replace(HELD, version=9))
        uow.holdbacks.add(replace(HELD, id="h0", skill="other"))
    with store.read() as uow:
        assert uow.holdbacks.open(SKILL) == HELD
        assert uow.holdbacks.last_rollback(SKILL) is None
    with store.unit_of_work() as uow:
        uow.holdbacks.end(
            "h1", "rolled_back", "worse", at(2), new=[True, False, False], reference=[True]
        )
    with store.read() as uow:
        assert uow.holdbacks.open(SKILL) is None
        [ended] = uow.holdbacks.all(SKILL)
        assert (ended.result, ended.reason, ended.rule) == ("rolled_back", "worse", HELD.rule)
        assert (ended.new_n, ended.new_successes) == (3, 1)
        assert (ended.reference_n, ended.reference_successes) == (1, 1)
        assert uow.holdbacks.last_rollback(SKILL) == at(2)
    with pytest.raises(ConflictError, match="holdback x"), store.unit_of_work() as uow:
        uow.holdbacks.end("x", "kept", "", NOW, new=[], reference=[])


def test_outcomes_in_the_order_in_which_they_became_known(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.holdbacks.add(HELD)
        for number, (id, success) in enumerate(
            {"t0": True, "t1": False, "t2": None, "t3": True}.items()
        ):
            uow.holdbacks.add_task(given(id, number % 2 == 1, number))
            uow.holdbacks.add_task(given(id, minutes=9))
            uow.tasks.add(task(id, created_at=at(number), success=success))
        uow.holdbacks.add_task(given("never"))
        # The first feedback on it counts, whatever was said later.
        uow.feedback.add(feedback("f0", "t0", success=True, created_at=at(7)))
        uow.feedback.add(feedback("f1", "t0", success=True, created_at=at(1.5)))
        # One that does not count is as if it had not been said.
        uow.feedback.add(feedback("f2", "t0", success=True, created_at=at(0.5)))
        uow.feedback.settle("f2", SKILL, "ann", "over_cap", at(0.5))
    with store.read() as uow:
        first, later, last = uow.holdbacks.outcomes("h1", 10)
        assert first == HeldRecord(True, False, 0.2)
        assert later == HeldRecord(False, True, 0.2)
        assert last == HeldRecord(True, True, 0.2)
        assert uow.holdbacks.outcomes("h1", 1) == [first]
        [held] = uow.holdbacks.all(SKILL)
        assert (held.tasks, held.reference_tasks) == (5, 2)
