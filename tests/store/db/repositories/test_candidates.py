from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import at, candidate, session
from tinyarms.core.errors import ConflictError
from tinyarms.store.db.database import Store


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.candidates.add(candidate("z", parent_id="a", generation=1, mutation_prompt="Again."))
        uow.candidates.add(candidate("b", created_at=at(1)))
        uow.candidates.add(candidate("c"))
    return store


@pytest.mark.slow
def test_candidates_come_back_in_the_order_of_their_making(filled: Store) -> None:
    with filled.read() as uow:
        assert uow.candidates.all("s1") == [
            candidate("c"),
            candidate("b", created_at=at(1)),
            candidate("z", parent_id="a", generation=1, mutation_prompt="Again."),
        ]


@pytest.mark.slow
def test_fitness_is_set_and_adding_again_changes_nothing(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        uow.candidates.set_fitness("c", 0.75, 8)
        uow.candidates.add(candidate("c"))
    with filled.read() as uow:
        assert uow.candidates.get("c") == replace(candidate("c"), fitness_score=0.75, evaluated_n=8)
        assert uow.candidates.get("nobody") is None


def test_fitness_of_a_candidate_that_is_not_there(filled: Store) -> None:
    with pytest.raises(ConflictError, match="candidate x"), filled.unit_of_work() as uow:
        uow.candidates.set_fitness("x", 0.5, 1)
