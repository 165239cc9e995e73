from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import SKILL, at, session
from tinyarms.core.errors import ConflictError
from tinyarms.store.db.database import Store


def test_a_session_comes_back_as_it_went_in(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
    with store.read() as uow:
        assert uow.sessions.get("s1") == session()
        assert uow.sessions.get("s2") is None


def test_update_sets_the_named_columns(store: Store) -> None:
    changes = {"status": "completed", "stage": "done", "completed_at": at(5), "result": "promoted"}
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.sessions.update("s1", **changes)
    with store.read() as uow:
        assert uow.sessions.get("s1") == replace(session(), **changes)


def test_update_of_a_session_that_is_not_there(store: Store) -> None:
    with pytest.raises(ConflictError, match="evolution session s9"), store.unit_of_work() as uow:
        uow.sessions.update("s9", status="cancelled")


def test_an_id_is_taken_once(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
    with pytest.raises(ConflictError), store.unit_of_work() as uow:
        uow.sessions.add(session())


def test_open_is_the_active_one_and_latest_the_newest(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.sessions.add(session("s1"))
        uow.sessions.add(session("s2", triggered_at=at(1), status="cancelled"))
        uow.sessions.add(session("s3", triggered_at=at(2), skill="other"))
    with store.read() as uow:
        opened, latest = uow.sessions.open(SKILL), uow.sessions.latest(SKILL)
        assert opened is not None and opened.id == "s1"
        assert latest is not None and latest.id == "s2"
        assert [each.id for each in uow.sessions.all(SKILL)] == ["s1", "s2"]
        assert uow.sessions.open("nobody") is None
