from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import NOW, SKILL, at
from tinyarms.core.errors import ConflictError
from tinyarms.store.database import Store
from tinyarms.store.records import IntentRecord

INTENT = IntentRecord(
    id="i1", skill=SKILL, kind="promote", plan={"version": 2, "text": "grüße"}, created_at=NOW
)


def test_an_intent_is_pending_until_it_is_done(store: Store) -> None:
    later = replace(INTENT, id="i0", created_at=at(1), session_id="s1")
    with store.unit_of_work(durable=True) as uow:
        uow.intents.add(later)
        uow.intents.add(INTENT)
        uow.intents.add(replace(INTENT, kind="rollback"))
    with store.read() as uow:
        assert uow.intents.pending() == [INTENT, later]
    with store.unit_of_work() as uow:
        uow.intents.done("i1", at(2))
    with store.read() as uow:
        assert uow.intents.pending() == [later]


def test_an_intent_that_is_not_there(store: Store) -> None:
    with pytest.raises(ConflictError, match="intent x"), store.unit_of_work() as uow:
        uow.intents.done("x", NOW)
