from __future__ import annotations

from dataclasses import replace

from tests.store.rows import SKILL, at, history
from tinyarms.store.db.database import Store


def test_activating_closes_the_open_row_of_the_skill_only(store: Store) -> None:
    other = history(7, id="other", skill="audio-actions")
    with store.unit_of_work() as uow:
        uow.history.activate(other)
        uow.history.activate(history(1))
        uow.history.activate(history(2, accuracy_start=0.9), accuracy_end=0.78)
    with store.read() as uow:
        closed = replace(history(1), active_to=at(2), accuracy_end=0.78)
        assert uow.history.all(SKILL) == [closed, history(2, accuracy_start=0.9)]
        assert uow.history.active(SKILL) == history(2, accuracy_start=0.9)
        assert uow.history.active("audio-actions") == other


def test_activating_twice_is_activating_once(store: Store) -> None:
    for _ in range(2):
        with store.unit_of_work() as uow:
            uow.history.activate(history(1))
    with store.read() as uow:
        assert uow.history.all(SKILL) == [history(1)]
        assert uow.history.active("nobody") is None
