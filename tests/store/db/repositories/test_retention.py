from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table

from tests.store.rows import (
    NOW,
    SKILL,
    at,
    ballot,
    evaluation,
    feedback,
    history,
    session,
    task,
    variant,
    vote,
    writer_call,
)
from tinyarms.core.prices import UNKNOWN_PRICES, Price, RolePrices
from tinyarms.store.db.database import Store
from tinyarms.store.db.repositories.retention import SESSION_TABLES, PrunableRows, RowCursor
from tinyarms.store.db.tables import evaluations
from tinyarms.store.db.unit_of_work import UnitOfWork

PRICES = RolePrices(
    task=Price(input=1, output=2), writer=Price(input=3, output=4), judge=Price(input=5, output=6)
)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit_of_work() as work:
        work.history.activate(history(1))
        work.sessions.add(session())
        work.experiments.add_variants([variant("A"), variant("B")])
        for number in range(5):
            # Two tasks of the same moment, on both sides of a batch's end.
            work.tasks.add(task(f"t{number}", created_at=at(number // 2)))
            work.calls.add_evaluation(evaluation(number))
            work.calls.add_writer(writer_call(number))
            work.experiments.add_ballot(ballot(f"b{number}"))
        for number in range(3):
            work.experiments.add_vote(vote(f"v{number}", f"b{number}"))
        work.feedback.add(feedback("f1", "t1"))
        work.feedback.add(feedback("f2", "nothing"))
    return store


def keys(work: UnitOfWork, group: PrunableRows, size: int) -> list[list[Any]]:
    """All of a group, batch by batch."""
    found: list[list[Any]] = []
    after: RowCursor | None = None
    while batch := work.retention.batch(group, after, size):
        after = batch[-1]
        found.append([place.key for place in batch])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_batches_have_every_row_once(filled: Store, size: int) -> None:
    with filled.read() as work:
        assert work.retention.skills() == [SKILL]
        group = work.retention.tasks(SKILL, at(2))
        batches = keys(work, group, size)
        ordinals = keys(work, work.retention.of_session(evaluations, "s1"), size)
    assert [key for batch in batches for key in batch] == ["t0", "t1", "t2", "t3"]
    assert all(len(batch) == size for batch in batches[:-1])
    assert [key for batch in ordinals for key in batch] == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_a_task_goes_with_its_feedback_and_stays_in_the_sums(filled: Store) -> None:
    with filled.unit_of_work() as work:
        group = work.retention.tasks(SKILL, at(2))
        assert work.retention.feedback_on(["t0", "t1"]) == 1
        for _ in range(2):
            work.retention.prune(group, ["t0", "t1", "t4"])
    with filled.read() as work:
        left = {number for number in range(5) if work.tasks.get(f"t{number}")}
        assert left == {2, 3, 4}, "t4 is not old"
        assert work.feedback.of("t1") == [] and work.tasks.counts(SKILL, 1).tasks == 5
        assert keys(work, work.retention.feedback(at(1)), 9) == [["f2"]]
        assert keys(work, work.retention.feedback(NOW), 9) == []


@pytest.mark.slow
def test_ballots_but_for_those_of_the_newest_votes(filled: Store) -> None:
    with filled.unit_of_work() as work:
        assert keys(work, work.retention.ballots(SKILL, "s1", 3), 9) == [["b3", "b4"]]
        group = work.retention.ballots(SKILL, "s1", 2)
        [old] = keys(work, group, 9)
        assert old == ["b0", "b3", "b4"]
        work.retention.prune(group, old)
        assert [asked.id for asked in work.experiments.ballots("s1")] == ["b1", "b2"]
        assert [answer for answer, _ in work.experiments.newest_answers(SKILL, 9)] == ["pick"] * 2
        [first, second] = work.experiments.variants("s1")
        assert first.votes + second.votes == 3


@pytest.mark.slow
def test_a_ballot_that_is_answered_before_it_is_pruned_stays_whole(filled: Store) -> None:
    with filled.unit_of_work() as work:
        group = work.retention.ballots(SKILL, "s1", 2)
        [old] = keys(work, group, 9)
        assert "b3" in old
    with filled.unit_of_work() as work:
        shown = work.experiments.ballot("b3")
        work.experiments.add_vote(vote("meanwhile", "b3"))
    with filled.unit_of_work() as work:
        work.retention.prune(group, old)
        assert work.experiments.ballot("b3") == shown
        assert [cast.id for cast in work.experiments.votes_on(["b3"])] == ["meanwhile"]
        assert work.experiments.ballot("b4") is None


@pytest.mark.slow
@pytest.mark.parametrize("table", SESSION_TABLES, ids=lambda table: table.name)
def test_a_session_keeps_the_sums_of_its_calls(filled: Store, table: Table) -> None:
    with filled.unit_of_work() as work:
        spent = work.calls.counts("s1"), work.calls.seconds("s1")
        cost = work.calls.money("s1", PRICES)
        assert cost.total
        for _ in range(2):
            work.calls.sum_up("s1", PRICES)
            group = work.retention.of_session(table, "s1")
            work.retention.prune(group, [key for batch in keys(work, group, 9) for key in batch])
            assert keys(work, group, 9) == []
            assert (work.calls.counts("s1"), work.calls.seconds("s1")) == spent
            assert work.calls.money("s1", UNKNOWN_PRICES) == cost
